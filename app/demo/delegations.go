package demo

import (
	"context"
	"fmt"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/forms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// categoryOf is in which category each role of the demo's members registers.
var categoryOf = map[string]string{"head": "head", "companion": "companion", "press": "press"}

func loadDelegations(ctx context.Context, s Services, c *codes) error {
	staff, err := table("staff.csv")
	if err != nil {
		return err
	}
	for _, r := range staff {
		saved, err := s.Delegations.SaveStaff(ctx, by, delegations.Staff{
			Code: r["staff_id"], Name: r.names(), Role: r["role"], Languages: r.list("working_languages_bcp47_besides_zh"),
		})
		if err != nil {
			return fmt.Errorf("staff %s: %w", r["staff_id"], err)
		}
		c.Staff[r["staff_id"]] = saved.ID
	}
	if err := loadDelegationList(ctx, s, c); err != nil {
		return err
	}
	if err := loadMembers(ctx, s, c); err != nil {
		return err
	}
	return loadQueue(ctx, s, c)
}

func loadDelegationList(ctx context.Context, s Services, c *codes) error {
	var file []struct {
		Code       string   `json:"delegation_id"`
		EventID    string   `json:"event_id"`
		CityCode   string   `json:"city_code"`
		NameZH     string   `json:"name_zh"`
		NameEN     string   `json:"name_en"`
		NameNative string   `json:"name_native"`
		AcceptedOn string   `json:"accepted_on"`
		Arrival    string   `json:"arrival"`
		Departure  string   `json:"departure"`
		Liaison    string   `json:"liaison_staff_id"`
		Hotel      string   `json:"hotel"`
		Sectors    []string `json:"interest_sectors"`
		Quota      int      `json:"quota"`
	}
	if err := document("delegations.json", &file); err != nil {
		return err
	}
	hotels, err := hotels()
	if err != nil {
		return err
	}
	for _, d := range file {
		accepted, err := day(d.AcceptedOn)
		if err != nil {
			return err
		}
		arrives, err := instant(d.Arrival)
		if err != nil {
			return err
		}
		departs, err := instant(d.Departure)
		if err != nil {
			return err
		}
		saved, err := s.Delegations.Save(ctx, by, delegations.Delegation{
			EventID: c.Events[d.EventID], Code: d.Code, CityCode: d.CityCode, Name: locale.Text{ZH: chinese(d.NameZH), EN: d.NameEN}, Native: d.NameNative,
			Quota: d.Quota, AcceptedOn: &accepted, ArrivesAt: &arrives, DepartsAt: &departs, Hotel: hotels.named(d.Hotel), LiaisonID: c.Staff[d.Liaison],
			Sectors: d.Sectors, Status: "confirmed",
		})
		if err != nil {
			return fmt.Errorf("delegation %s: %w", d.Code, err)
		}
		c.Delegations[d.Code] = saved.ID
	}
	return nil
}

// hotelNames are the hotels that are venues too, whose Chinese names are known.
type hotelNames map[string]locale.Text

func hotels() (hotelNames, error) {
	var venues []struct {
		NameZH string `json:"name_zh"`
		NameEN string `json:"name_en"`
	}
	names := hotelNames{}
	err := document("venues.json", &venues)
	for _, v := range venues {
		names[v.NameEN] = locale.Text{ZH: chinese(v.NameZH), EN: v.NameEN}
	}
	return names, err
}

// named is a hotel in both languages, as far as the data know.
func (h hotelNames) named(en string) locale.Text {
	if name, ok := h[en]; ok {
		return name
	}
	return locale.Text{EN: en}
}

// unread is the delegation whose members have not looked at their Chinese names yet.
const unread = "D12"

func loadMembers(ctx context.Context, s Services, c *codes) error {
	rows, err := table("members.csv")
	if err != nil {
		return err
	}
	titles, err := s.Delegations.Titles(ctx)
	if err != nil {
		return fmt.Errorf("read titles: %w", err)
	}
	for _, r := range rows {
		category := categoryOf[r["role"]]
		if category == "" {
			category = "member"
		}
		role := r["role"]
		if role == "protocol" { // of the head's own people
			role = "entourage"
		}
		in := delegations.Input{
			Category: category, GivenName: r["given_name_latin"], FamilyName: r["family_name_latin"], NameNative: r["name_native"], NativeOrder: r["native_name_order"],
			NameZH: r["name_zh"], Sex: r["sex"], Nationality: r["nationality_a2"], Languages: r.list("languages_bcp47"), Email: r["email"], Phone: r["phone_test"],
			TitleEN: r["title_en"], TitleZH: r["title_zh"], BirthDate: r["birth_date_test"],
			Passport: delegations.Passport{Number: r["passport_no_test"], Issuer: r["nationality_a2"], ExpiresOn: r["passport_expiry_test"]},
			MealPlan: r["meal_plan"], Answers: interpreting(r.list("languages_bcp47")), Consent: true, Lang: "en", Role: role, BadgeType: r["badge_type"], DelegationID: c.Delegations[r["delegation_id"]],
			MRZSurname: r["mrz_surname"], MRZGiven: r["mrz_given"], Source: "delegation",
		}
		if role == "head" || role == "deputy_head" {
			address := in.ProposedAddress(titles)
			in.AddressEN, in.AddressZH = address.EN, address.ZH
		}
		registered, _, err := s.Delegations.Register(ctx, by, c.Events["EV-FORUM-2027"], in)
		if err != nil {
			return fmt.Errorf("member %s: %w", r["member_id"], err)
		}
		c.Registrations[r["member_id"]] = registered.ID
		if _, _, err := s.Delegations.Approve(ctx, by, registered.ID); err != nil {
			return fmt.Errorf("approve %s: %w", r["member_id"], err)
		}
		if r["delegation_id"] == unread {
			continue
		}
		person := accounts.GuestActor()
		person.ID, person.LinkEventID, person.RegistrationID = registered.ID, registered.EventID, registered.ID
		if _, err := s.Delegations.ApproveRendering(ctx, person, registered.ID, registered.NameZH); err != nil {
			return fmt.Errorf("approve the Chinese name of %s: %w", r["member_id"], err)
		}
	}
	return nil
}

// loadQueue leaves some invented people at the review desk.
func loadQueue(ctx context.Context, s Services, c *codes) error {
	for _, in := range []delegations.Input{
		{FirmID: c.Firms["F003"], Category: "firm", GivenName: "Ruolan", FamilyName: "Ying", NameNative: "应若岚", NameZH: "应若岚", NativeOrder: "family_first", Nationality: "CN", Languages: []string{"zh", "en"}, Email: "ying@firm003.example", TitleEN: "Export Manager", TitleZH: "出口经理", Organisation: "Ningbo Yongling Auto Parts Co., Ltd.", Lang: "zh"},
		{FirmID: c.Firms["F007"], Category: "firm", GivenName: "Zhengping", FamilyName: "Shao", NameNative: "邵正平", NameZH: "邵正平", NativeOrder: "family_first", Nationality: "CN", Languages: []string{"zh"}, Email: "shao@firm007.example", TitleEN: "Deputy General Manager", TitleZH: "副总经理", Organisation: "Energy storage firm (demo)", Lang: "zh"},
		{Category: "press", GivenName: "Ilinca", FamilyName: "Fântână", NameNative: "Ilinca Fântână", NativeOrder: "given_first", Nationality: "RO", Languages: []string{"ro", "en"}, Email: "ilinca@tv.example", TitleEN: "Television reporter", Organisation: "Transilvania TV (demo)", Lang: "en"},
		{Category: "press", GivenName: "Đorđe", FamilyName: "Zelenković", NameNative: "Ђорђе Зеленковић", NativeOrder: "given_first", Nationality: "RS", Languages: []string{"sr", "en"}, Email: "djordje@paper.example", TitleEN: "Correspondent", Organisation: "Dunav Daily (demo)", Lang: "en"},
		{Category: "consular", GivenName: "Katalin", FamilyName: "Vadrózsa", NameNative: "Vadrózsa Katalin", NativeOrder: "family_first", Nationality: "HU", Languages: []string{"hu", "en"}, Email: "katalin@consulate.example", TitleEN: "Trade attaché", Organisation: "Consulate (demo)", Lang: "en"},
		{Category: "firm", GivenName: "Stelios", FamilyName: "Manganiaris", NameNative: "Στέλιος Μαγκανιάρης", NativeOrder: "given_first", Nationality: "GR", Languages: []string{"el", "en"}, Email: "stelios@shipping.example", TitleEN: "President", Organisation: "Shipping Agents Association (demo)", BirthDate: "1974-01-05", Lang: "en"},
		{FirmID: c.Firms["F009"], Category: "firm", GivenName: "Nuo", FamilyName: "Weng", NameNative: "翁诺", NameZH: "翁诺", NativeOrder: "family_first", Nationality: "CN", Languages: []string{"zh", "de"}, Email: "weng@firm009.example", TitleEN: "Research Director", TitleZH: "研发总监", Organisation: "Opto laboratory (demo)", Lang: "zh"},
	} {
		in.Consent, in.Source, in.Answers = true, "web", interpreting(in.Languages)
		in.Answers["photos"] = forms.Answer{"1"}
		switch in.Category {
		case "press":
			in.Answers["equipment"] = forms.Answer{"1 × shoulder camera\n2 × wireless microphone"}
		case "firm":
			in.Answers["topics"] = forms.Answer{"trade", "digital"}
		}
		if _, _, err := s.Delegations.Register(ctx, by, c.Events["EV-FORUM-2027"], in); err != nil {
			return fmt.Errorf("%s %s: %w", in.GivenName, in.FamilyName, err)
		}
	}
	return nil
}

// codes maps the data's names of things to what was made of them.
type codes struct {
	Events        map[string]ident.ID // EV-FORUM-2027
	Staff         map[string]ident.ID // ST01
	Delegations   map[string]ident.ID // D01
	Registrations map[string]ident.ID // M001
	Firms         map[string]ident.ID // F001
	StopFirms     []stopFirm
}

type stopFirm struct {
	Event, Stop ident.ID
	Firm        string
}

func newCodes() *codes {
	return &codes{
		Events: map[string]ident.ID{}, Staff: map[string]ident.ID{}, Delegations: map[string]ident.ID{},
		Registrations: map[string]ident.ID{}, Firms: map[string]ident.ID{},
	}
}
