package delegations

import "qianshou/app/kit/locale"

// Name is the person in Latin letters, given name first.
func (r Registration) Name() string {
	if r.GivenName == "" {
		return r.FamilyName
	}
	return r.GivenName + " " + r.FamilyName
}

// Called is what the person is called, in every script.
func (r Registration) Called() locale.Name {
	return locale.Name{Latin: r.Name(), Native: r.NameNative, ZH: r.NameZH}
}

// Body is the firm, paper or office that the person comes for: as the office's
// register names the firm, or as they wrote it themselves.
func (r Registration) Body() locale.Text {
	if !r.Firm.Empty() {
		return r.Firm
	}
	return locale.Text{ZH: r.Organisation, EN: r.Organisation}
}

// Title is the person's office.
func (r Registration) Title() locale.Text { return locale.Text{ZH: r.TitleZH, EN: r.TitleEN} }
