package mail

import (
	"context"
	"errors"
	"fmt"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/text"
)

// Reply is what the server said of a trial.
type Reply struct {
	Taken bool
	Code  int // zero: no server answered
	Words string
}

// Try sends a letter at once, beside the queue, so that an operator sees whether
// the settings work and what the server says. Nothing is kept of it.
//
// Fault: Invalid, the address; Conflict, there is no SMTP server.
func (s *Service) Try(ctx context.Context, l Letter) (Reply, error) {
	if s.SMTPURL == "" {
		return Reply{}, fault.New(fault.Conflict, "mail.no_server")
	}
	to, ok := text.Email(l.To)
	if !ok {
		return Reply{}, fault.Fields(fault.Field{Path: "to", Key: "field.email"})
	}
	m, err := s.Draw(l)
	if err != nil {
		return Reply{}, err
	}
	m.ID, m.To, m.Round, m.CreatedAt = s.NewID(), to, 1, s.Now()
	v := s.deliver(ctx, m)
	return Reply{v.taken, v.code, v.words}, nil
}

// Err is why a trial was not taken; nil when it was.
func (r Reply) Err() error {
	switch {
	case r.Taken:
		return nil
	case r.Code == 0:
		return errors.New(r.Words)
	}
	return fmt.Errorf("%d %s", r.Code, r.Words)
}
