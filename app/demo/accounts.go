// Package demo loads an invented forum and an invented overseas week through the
// same services, and so through the same checks, as what people type.
package demo

import (
	"context"
	"fmt"

	"qianshou/app/accounts"
)

// staffAccounts has one account for each role.
var staffAccounts = []struct {
	name, zh, en string
	role         accounts.Role
}{
	{"owner", "励知微", "Li Zhiwei", accounts.Owner},
	{"programme", "竺予安", "Zhu Yuan", accounts.Programme},
	{"protocol", "柴亦澄", "Chai Yicheng", accounts.Protocol},
	{"matchmaking", "应若川", "Ying Ruochuan", accounts.Matchmaking},
	{"doors", "贺行简", "He Xingjian", accounts.DoorsLead},
	{"projects", "忻明远", "Xin Mingyuan", accounts.Projects},
	{"analyst", "乐怀瑾", "Yue Huaijin", accounts.Analyst},
	{"auditor", "冯守正", "Feng Shouzheng", accounts.Auditor},
}

func loadAccounts(ctx context.Context, s Services, password string) error {
	for _, a := range staffAccounts {
		_, err := s.Accounts.Create(ctx, by, accounts.Account{
			Email: a.name + "@demo.example", NameZH: a.zh, NameEN: a.en, Lang: "", Grants: []accounts.Grant{{Role: a.role}},
		}, password)
		if err != nil {
			return fmt.Errorf("account %s: %w", a.name, err)
		}
	}
	return nil
}
