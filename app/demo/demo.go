package demo

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"

	"qianshou/app/accounts"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/seal"
)

// Ground is what the services are built on. Each is built with a clock that
// stands at the time its part of the story happened.
type Ground struct {
	DB    *sqlx.DB
	Redis redis.UniversalClient
	Box   *seal.Box
}

// Services are those that the demo is loaded through.
type Services struct {
	Accounts *accounts.Service
}

// by is who loads: the audit log shows it.
var by = accounts.SystemActor("demo")

// registering is when the demo's guests registered.
var registering = clock.At("2027-04-20T10:00:00+08:00")

// Opens is what the demo's clock shows at its first start: the forum's second
// morning, with a session under way, registration on site open and badges valid.
func Opens() time.Time { return time.Date(2027, 6, 9, 2, 5, 0, 0, time.UTC) }

// Load fills an empty database. password is that of every staff account.
func Load(ctx context.Context, g Ground, password string) error {
	s := Services{
		Accounts: accounts.New(g.DB, g.Redis, registering, ident.New),
	}
	return loadAccounts(ctx, s, password)
}
