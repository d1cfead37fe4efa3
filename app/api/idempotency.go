package api

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/seal"
)

const (
	// idempotencyRun is how long an unanswered first request may run: after that it
	// died with its process, and nobody knows whether before or after it had acted.
	idempotencyRun = 2 * longestRun
	// idempotencyLife is how long an answer is repeated.
	idempotencyLife = 24 * time.Hour
)

// idempotency answers a repeated POST with the first answer. A key belongs to
// one caller and one request: the same key with another body is refused.
type idempotency struct {
	db    *sqlx.DB
	box   *seal.Box
	now   clock.Clock
	actor func(*fiber.Ctx) accounts.Actor
	from  func(*fiber.Ctx) string // the caller's address
}

func (i idempotency) handle(c *fiber.Ctx, answer fiber.Handler) error {
	key := c.Get("Idempotency-Key")
	if c.Method() != fiber.MethodPost || key == "" {
		return answer(c)
	}
	if len(key) > 255 {
		return fault.Fields(fault.Field{Path: "Idempotency-Key", Key: "field.too_long", Args: []any{255}})
	}
	ctx, who := c.UserContext(), i.caller(c)
	sum := sha256.Sum256([]byte(c.Method() + " " + c.OriginalURL() + "\n" + string(c.Body())))
	mine, err := claimKey(ctx, i.db, who, key, sum[:], i.now(), idempotencyLife)
	if err != nil {
		return fmt.Errorf("claim idempotency key: %w", err)
	}
	if !mine {
		return i.repeat(c, who, key, sum[:])
	}
	err = answer(c)
	// An error becomes the response only after this returns; those are not kept:
	// nothing was done, so the caller may try again with the same key.
	if status := c.Response().StatusCode(); err != nil || status >= 400 {
		if dropErr := dropKey(ctx, i.db, who, key); dropErr != nil {
			return fmt.Errorf("drop idempotency key: %w", dropErr)
		}
		return err
	}
	// Answers hold personal data and links, so they rest sealed.
	body, err := i.box.Seal(c.Response().Body(), "idempotency_keys.body:"+who.String())
	if err != nil {
		return err
	}
	err = keepAnswer(ctx, i.db, who, key, c.Response().StatusCode(), string(c.Response().Header.ContentType()), body)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

func (i idempotency) repeat(c *fiber.Ctx, who ident.ID, key string, request []byte) error {
	kept, err := answerOf(c.UserContext(), i.db, who, key)
	if err != nil {
		return fmt.Errorf("read kept answer: %w", err)
	}
	if string(kept.RequestHash) != string(request) {
		return fault.New(fault.Conflict, "api.key_reused")
	}
	if kept.Status == nil && i.now().Sub(kept.CreatedAt) > idempotencyRun { // never done a second time
		return fault.New(fault.Conflict, "api.key_unsure")
	}
	if kept.Status == nil {
		c.Set(fiber.HeaderRetryAfter, "1")
		return fault.New(fault.Conflict, "api.key_running")
	}
	body, err := i.box.Open(kept.Body, "idempotency_keys.body:"+who.String())
	if err != nil {
		return err
	}
	c.Set("Idempotent-Replayed", "true")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, kept.ContentType)
	return c.Status(*kept.Status).Send(body)
}

// caller is whose key it is: the account or token, or for guests their address.
func (i idempotency) caller(c *fiber.Ctx) ident.ID {
	if a := i.actor(c); a.ID != ident.Nil {
		return a.ID
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("guest:"+i.from(c)))
}
