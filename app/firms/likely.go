package firms

import (
	"context"
	"strings"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/text"
)

// Likely is a firm that somebody may come for.
type Likely struct {
	ID         ident.ID `db:"id"`
	Code       string   `db:"code"`
	CreditCode string   `db:"credit_code"`
	NameZH     string   `db:"name_zh"`
	NameEN     string   `db:"name_en"`
	Name       bool     `db:"same_name"`    // it is called what the person wrote
	Credit     bool     `db:"same_credit"`  // the person wrote its credit code
	Domain     bool     `db:"same_domain"`  // it writes from the same e-mail domain
	Takes      bool     `db:"takes_part"`   // in the event
	Granted    bool     `db:"auto_approve"` // its people are approved automatically today
}

// Called is what the firm is called.
func (l Likely) Called() locale.Text { return locale.Text{ZH: l.NameZH, EN: l.NameEN} }

// likelyMost is as many firms as are offered beside a registration.
const likelyMost = 3

// openDomains are those under which anybody has an address: they say nothing of a firm.
var openDomains = map[string]bool{
	"126.com": true, "139.com": true, "163.com": true, "189.cn": true, "aliyun.com": true, "foxmail.com": true, "gmail.com": true, "gmx.com": true,
	"gmx.de": true, "gmx.net": true, "hotmail.com": true, "icloud.com": true, "live.com": true, "mail.ru": true, "me.com": true, "msn.com": true,
	"outlook.com": true, "proton.me": true, "protonmail.com": true, "qq.com": true, "sina.cn": true, "sina.com": true, "sohu.com": true,
	"vip.163.com": true, "vip.qq.com": true, "web.de": true, "yahoo.com": true, "yandex.ru": true, "yeah.net": true,
}

// Likely answers the firms of which what somebody wrote is the name or the credit
// code, or from whose e-mail domain they write: the likeliest first, three at most.
//
// Fault: Forbidden.
func (s *Service) Likely(ctx context.Context, by accounts.Actor, event ident.ID, organisation, address string) ([]Likely, error) {
	if !by.May(accounts.SeeDelegations, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")
	if openDomains[domain] {
		domain = ""
	}
	name := strings.ToLower(text.Clean(organisation))
	if name == "" && domain == "" {
		return nil, nil
	}
	return likelyFirms(ctx, s.db, event, name, CreditCode(organisation), domain, s.today())
}
