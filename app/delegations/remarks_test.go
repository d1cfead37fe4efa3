package delegations_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/pdf"
)

func TestRemarks(t *testing.T) {
	t.Parallel()
	face, err := pdf.House()
	if err != nil {
		t.Fatal(err)
	}
	at := delegations.Occasion{
		Starts: time.Date(2027, 6, 8, 0, 0, 0, 0, time.UTC), Ends: time.Date(2027, 6, 10, 0, 0, 0, 0, time.UTC), Leaves: time.Date(2027, 6, 11, 0, 0, 0, 0, time.UTC), Face: face,
	}
	for _, tt := range []struct {
		name string
		in   delegations.Input
		want string
	}{
		{"nothing odd", delegations.Input{GivenName: "Dénes", FamilyName: "Halmosi", NameNative: "Halmosi Dénes", NativeOrder: "family_first", MRZSurname: "HALMOSI", MRZGiven: "DENES"}, ""},
		{"as a scanner reads it", delegations.Input{GivenName: "Dénes", FamilyName: "Halmosi", MRZSurname: "halmosi<<", MRZGiven: "Denes<<<<"}, ""},
		{"umlaut by the other table", delegations.Input{GivenName: "Jörg", FamilyName: "Weißenfels", MRZSurname: "WEISSENFELS", MRZGiven: "JORG"}, ""},
		{"another surname", delegations.Input{GivenName: "Stelios", FamilyName: "Manganiaris", MRZSurname: "MAGKANIARIS", MRZGiven: "STELIOS"}, "mrz_surname remark.mrz [MANGANIARIS]"},
		{"the given names left out", delegations.Input{GivenName: "Stelios", FamilyName: "Magkaniaris", MRZSurname: "MAGKANIARIS"}, "mrz_given remark.mrz [STELIOS]"},
		{"one name only", delegations.Input{FamilyName: "Suharto", MRZSurname: "SUHARTO"}, ""},
		{"a given name that nobody printed", delegations.Input{FamilyName: "Suharto", MRZSurname: "SUHARTO", MRZGiven: "AHMAD"}, "mrz_given remark.mrz_none []"},
		{"cut at 39 signs", delegations.Input{
			GivenName: "Maximilian-Alexander", FamilyName: "von Schwarzenfels-Hohenberg", MRZSurname: "VON SCHWARZENFELS HOHENBERG", MRZGiven: "MAXIMILIAN",
		}, ""},
		{"family name first, said otherwise (RC13)", delegations.Input{GivenName: "Dénes", FamilyName: "Halmosi", NameNative: "Halmosi Dénes"}, "native_order remark.family_stands_first [Halmosi Dénes]"},
		{"given name first, said otherwise", delegations.Input{GivenName: "Теодора", FamilyName: "Щерева", NameNative: "Теодора Щерева", NativeOrder: "family_first"}, "native_order remark.given_stands_first [Теодора Щерева]"},
		{"Cyrillic against Latin", delegations.Input{GivenName: "Teodora", FamilyName: "Shtereva", NameNative: "Щерева Теодора"}, "native_order remark.family_stands_first [Щерева Теодора]"},
		{"half a name", delegations.Input{GivenName: "Teodora", FamilyName: "Shtereva", NameNative: "Щерева"}, "name_native remark.native_part []"},
		{"Chinese needs no space", delegations.Input{GivenName: "Ruolan", FamilyName: "Ying", NameNative: "应若岚", NativeOrder: "family_first"}, ""},
		{"characters that no font has", delegations.Input{GivenName: "Taro", FamilyName: "Yoshino", NameNative: "𠮷野太郎", NameZH: "𠮷野太郎", NativeOrder: "family_first"},
			"name_native remark.unprintable [𠮷 (U+20BB7)]; name_zh remark.unprintable [𠮷 (U+20BB7)]"},
		{"a passport that ends soon (RC06)", delegations.Input{FamilyName: "Temelkovski", Passport: delegations.Passport{Number: "TEST00051", Issuer: "MK", ExpiresOn: "2027-10-01"}}, "passport.expires_on remark.expires_soon []"},
		{"a child (RC12)", delegations.Input{FamilyName: "Halmosi", BirthDate: "2016-05-04"}, "birth_date remark.minor [14]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, m := range tt.in.Remarks(at) {
				got = append(got, fmt.Sprint(m.Field, " ", m.Key, " ", m.Args))
			}
			if strings.Join(got, "; ") != tt.want {
				t.Errorf("%q, want %q", strings.Join(got, "; "), tt.want)
			}
		})
	}
}

// A passport's name never refuses for being another; only what no passport can carry
// is refused.
func TestPassportNamesWarn(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	in := delegations.Input{
		Category: "firm", GivenName: "Stelios", FamilyName: "Manganiaris", MRZSurname: "MAGKANIARIS", MRZGiven: "STELIOS", Nationality: "HU",
		Organisation: "Aegean", Email: "m48@city.example", Consent: true, Lang: "en", Source: "web",
	}
	r, secret, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	remarks := []delegations.Remark{{Field: "mrz_surname", Key: "remark.mrz", Args: []any{"MANGANIARIS"}}}
	own, err := g.guests.OwnDetails(t.Context(), secret)
	if err != nil || own.MRZSurname != "MAGKANIARIS" || !reflect.DeepEqual(own.Remarks, remarks) {
		t.Errorf("the guest reads %+v, %v", own.Remarks, err)
	}
	if desk, err := g.guests.DetailsForDesk(t.Context(), office, r); err != nil || !reflect.DeepEqual(desk.Remarks, remarks) {
		t.Errorf("the desk reads %+v, %v", desk.Remarks, err)
	}
	_, err = g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"mrz_surname": "MAGKANIÁRIS", "mrz_given": strings.Repeat("A", 40)})
	f, ok := fault.Of(err)
	if !ok || len(f.Fields) != 2 || f.Fields[0].Path != "mrz_surname" || f.Fields[0].Key != "registration.mrz_signs" || f.Fields[1].Path != "mrz_given" || f.Fields[1].Key != "field.too_long" {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"family_name": "Magkaniaris"}); err != nil {
		t.Fatal(err)
	}
	if own, err = g.guests.OwnDetails(t.Context(), secret); err != nil || own.Remarks != nil {
		t.Errorf("after mending: %+v, %v", own.Remarks, err)
	}
}
