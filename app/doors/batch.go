package doors

import (
	"context"
	"slices"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/text"
)

// Queued is a scan that a device judged by itself while it had no network.
type Queued struct {
	Scan
	Granted bool
	Code    Code
	Reason  string // of a supervisor's override
}

// Delivered answers one queued scan. With Err nothing was recorded of it; the
// others of the batch stand, so that one that cannot be read keeps none back.
type Delivered struct {
	Verdict
	Err error
}

// BatchLimit is how many scans one delivery may carry.
const BatchLimit = 500

// clockTolerance is how far a device's clock may be off before its times are put
// right by the difference at delivery.
const clockTolerance = 60 * time.Second

// What a device can decide without a network, and what of it lets people pass. A
// repeated reading does either.
var (
	tellsGranted = []Code{OKOffline, ExitWithoutEntry, ManualOverride, DuplicateRead}
	tellsDenied  = []Code{
		Malformed, BadSignature, WrongEvent, Unknown, Revoked, Superseded, Suspended, NotActive, NotYetValid, EventOver, WrongDay,
		DuplicateRead, WrongZone, NotOnList, EscortRequired, AlreadyInside,
	}
)

// oldestQueue is how long a device may have been without a network. What claims
// to be older has a clock that nobody can put right: it is kept as of its
// delivery.
const oldestQueue = 7 * 24 * time.Hour

// Deliver records a device's queue in its order. Each scan is one transaction:
// what was recorded stays when the connection breaks, and sending the queue again
// changes nothing. What a device decided stands, since the person has passed; a
// verdict that the server would not have given is kept beside it as a conflict.
// sentAt is the device's clock at delivery.
//
// Faults of the whole: Invalid, too many.
func (s *Service) Deliver(ctx context.Context, by accounts.Actor, sentAt time.Time, queue []Queued) ([]Delivered, error) {
	if len(queue) > BatchLimit {
		return nil, fault.Fields(fault.Field{Path: "scans", Key: "scan.batch_limit", Args: []any{BatchLimit}})
	}
	var skew time.Duration
	if !sentAt.IsZero() {
		if skew = s.now().Sub(sentAt); skew.Abs() <= clockTolerance {
			skew = 0
		}
	}
	out := make([]Delivered, 0, len(queue))
	for _, q := range queue {
		v, err := s.deliver(ctx, by, q, skew)
		if fault.CodeOf(err) == fault.Unavailable {
			return out, err // the rest would fare no better, and can be sent again
		}
		out = append(out, Delivered{Verdict: v, Err: err})
	}
	return out, nil
}

func (s *Service) deliver(ctx context.Context, by accounts.Actor, q Queued, skew time.Duration) (Verdict, error) {
	var bad fault.List
	tells := tellsDenied
	if q.Granted {
		tells = tellsGranted
	}
	bad.Check(slices.Contains(tells, q.Code), "code", "field.choice")
	q.Reason = text.Clean(q.Reason)
	text.Line(&bad, "reason", q.Reason, q.Code == ManualOverride, 300)
	bad.Check(!q.ScannedAt.IsZero(), "scanned_at", "field.required")
	bad.Check(q.Code != ManualOverride || by.Kind != accounts.Device || by.Supervisor, "code", "error.forbidden")
	at := q.ScannedAt.Add(skew).UTC()
	// A scan cannot lie in the future: a device whose clock ran ahead for a while.
	if now := s.now(); at.After(now) || now.Sub(at) > oldestQueue {
		at = now
	}
	if err := bad.Err(); err != nil {
		return Verdict{ScanID: q.ScanID}, err
	}
	v, err := s.scan(ctx, by, q.Scan, &offline{at: at, granted: q.Granted, code: q.Code, reason: q.Reason})
	v.ScanID = q.ScanID
	return v, err
}
