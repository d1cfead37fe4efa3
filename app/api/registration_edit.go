package api

import (
	"context"
	"strings"

	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
)

type editRegistrationInput struct {
	ID      ident.ID `path:"id"`
	IfMatch match    `header:"If-Match" doc:"The version that the edit rests on"`
	Body    struct {
		GivenName    *string `json:"given_name,omitempty" doc:"Latin letters; empty for one-name persons"`
		FamilyName   *string `json:"family_name,omitempty" doc:"Latin letters"`
		NameNative   *string `json:"name_native,omitempty" doc:"As at home, in its own script"`
		NativeOrder  *string `json:"native_order,omitempty" enum:"family_first,given_first"`
		NameZH       *string `json:"name_zh,omitempty" doc:"The Chinese rendering"`
		MRZSurname   *string `json:"mrz_surname,omitempty" doc:"As in the passport's machine-readable line: A to Z and space"`
		MRZGiven     *string `json:"mrz_given,omitempty" doc:"As in the passport's machine-readable line: A to Z and space"`
		Sex          *string `json:"sex,omitempty" enum:"M,F,X"`
		Nationality  *string `json:"nationality,omitempty" doc:"Two letters of the office's table"`
		BirthDate    *string `json:"birth_date,omitempty" format:"date"`
		TitleEN      *string `json:"title_en,omitempty"`
		TitleZH      *string `json:"title_zh,omitempty"`
		Organisation *string `json:"organisation,omitempty"`
		Email        *string `json:"email,omitempty"`
		Phone        *string `json:"phone,omitempty"`
		Lang         *string `json:"lang,omitempty" enum:"zh,en" doc:"Of the letters"`
		MealPlan     *string `json:"meal_plan,omitempty"`

		Languages   *[]string             `json:"languages,omitempty" doc:"BCP 47"`
		AccessNeeds *[]string             `json:"access_needs,omitempty"`
		Passport    *delegations.Passport `json:"passport,omitempty"`
		Answers     answers               `json:"answers,omitempty" doc:"By the codes of the event's form, see /form; one that is null is taken away, one left out stays, and agreements are the person's own to give"`
	}
}

// edit is what the body writes over a registration.
func (in editRegistrationInput) edit() delegations.Edit {
	edit, b := delegations.Edit{}, in.Body
	for field, value := range map[string]*string{
		"given_name": b.GivenName, "family_name": b.FamilyName, "name_native": b.NameNative, "native_order": b.NativeOrder, "name_zh": b.NameZH, "mrz_surname": b.MRZSurname, "mrz_given": b.MRZGiven,
		"sex": b.Sex, "nationality": b.Nationality, "birth_date": b.BirthDate, "title_en": b.TitleEN, "title_zh": b.TitleZH,
		"organisation": b.Organisation, "email": b.Email, "phone": b.Phone, "lang": b.Lang, "meal_plan": b.MealPlan,
	} {
		if value != nil {
			edit[field] = *value
		}
	}
	for field, list := range map[string]*[]string{"languages": b.Languages, "access_needs": b.AccessNeeds} {
		if list != nil {
			edit[field] = strings.Join(*list, ",")
		}
	}
	if p := b.Passport; p != nil {
		edit["passport.number"], edit["passport.issuer"], edit["passport.expires_on"] = p.Number, p.Issuer, p.ExpiresOn
	}
	for code, answer := range b.Answers {
		edit.Answer(code, answer)
	}
	return edit
}

func (a *API) editRegistration(ctx context.Context, c caller, in editRegistrationInput) (registration, error) {
	done, err := a.Delegations.Edit(ctx, c.actor, in.ID, int(in.IfMatch), in.edit())
	if err != nil {
		return registration{}, err
	}
	return registrationOf(done.Registration), nil
}
