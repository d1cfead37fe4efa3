package api

import (
	"bytes"
	"crypto/sha256"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/storetest"
)

// A request whose process ended before it was answered is not done a second time:
// nobody knows whether it was done. A day later the key is free.
func TestUnansweredRequestsAreNotRepeated(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	box, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2027, 4, 20, 2, 0, 0, 0, time.UTC)
	who, did := ident.New(), 0
	i := idempotency{
		db: db, box: box, now: func() time.Time { return now },
		actor: func(*fiber.Ctx) accounts.Actor { return accounts.Actor{Kind: accounts.Token, ID: who} },
		from:  func(*fiber.Ctx) string { return "" },
	}
	var told error
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ErrorHandler: func(c *fiber.Ctx, err error) error { told = err; return c.SendStatus(409) }})
	app.Post("/do", func(c *fiber.Ctx) error {
		return i.handle(c, func(c *fiber.Ctx) error { did++; return c.SendString("done") })
	})
	ask := func() string {
		t.Helper()
		told = nil
		req := httptest.NewRequest("POST", "/do", strings.NewReader("{}"))
		req.Header.Set("Idempotency-Key", "one")
		res, err := app.Test(req, -1)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if f, ok := fault.Of(told); ok {
			return f.Key
		}
		return ""
	}
	sum := sha256.Sum256([]byte("POST /do\n{}"))
	if mine, err := claimKey(t.Context(), db, uuid.UUID(who), "one", sum[:], now, idempotencyLife); err != nil || !mine {
		t.Fatal(mine, err) // and its process ends
	}
	for _, tt := range []struct {
		after time.Duration
		want  string
		did   int
	}{{0, "api.key_running", 0}, {idempotencyRun + time.Second, "api.key_unsure", 0}, {idempotencyLife, "", 1}, {0, "", 1}} {
		now = now.Add(tt.after)
		if got := ask(); got != tt.want || did != tt.did {
			t.Errorf("after %s: %q, done %d times; want %q, %d", tt.after, got, did, tt.want, tt.did)
		}
	}
}
