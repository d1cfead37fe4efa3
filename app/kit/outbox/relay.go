package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"qianshou/app/kit/store"
)

const (
	batchSize = 200
	// round is how often the relay looks without having been woken: for scans,
	// which do not ring, and for a bell lost with a connection.
	round = 500 * time.Millisecond
	// A relay that failed waits, twice as long each time.
	shortestPause = 100 * time.Millisecond
	longestPause  = 5 * time.Second
	// batchLimit bounds the transaction in which a batch is carried, so that a
	// Redis that hangs does not keep it open.
	batchLimit = 10 * time.Second
)

// Prepare is called with each batch before readers are told of it, to bring what
// they will ask for up to date. An error sends the batch back to be carried
// again: it is for a dependency that is down, not for one row that is wrong.
type Prepare func(ctx context.Context, changes []Change) error

// Relay carries committed changes from PostgreSQL to the streams in Redis: each
// at least once, those of one event in their order. Every process may run one;
// one of them works at a time.
type Relay struct {
	db      *sqlx.DB
	address string
	streams *Streams
	prepare Prepare
	log     *slog.Logger

	published, failures atomic.Int64
}

// NewRelay makes a relay. address is the database's, for the connection on which
// it is woken; prepare may be nil.
func NewRelay(db *sqlx.DB, address string, streams *Streams, prepare Prepare, log *slog.Logger) *Relay {
	return &Relay{db: db, address: address, streams: streams, prepare: prepare, log: log}
}

// Stats is what a relay did since it was made.
type Stats struct {
	Published int64 // changes carried to Redis
	Failures  int64 // tries that were given up and repeated
}

// Stats answers the counters of this process.
func (r *Relay) Stats() Stats {
	return Stats{Published: r.published.Load(), Failures: r.failures.Load()}
}

// Waiting counts the changes that are committed and not yet in Redis.
func (r *Relay) Waiting(ctx context.Context) (int64, error) { return waiting(ctx, r.db) }

// Run carries changes until ctx ends. It outlives restarts of PostgreSQL and of
// Redis: what it could not carry stays where it was.
func (r *Relay) Run(ctx context.Context) {
	listener := pq.NewListener(r.address, shortestPause, longestPause, func(_ pq.ListenerEventType, err error) {
		if err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "outbox bell", "err", err)
		}
	})
	defer listener.Close()
	rings := make(chan error, 1)
	go func() { rings <- listener.Listen(bell) }() // waits until PostgreSQL answers; Close ends it
	tick := time.NewTicker(round)
	defer tick.Stop()
	pause := shortestPause
	for ctx.Err() == nil {
		if err := r.Drain(ctx); err != nil {
			r.failed(ctx, err, pause)
			pause = min(2*pause, longestPause)
			continue
		}
		pause = shortestPause
		select {
		case <-ctx.Done():
		case <-listener.Notify: // also after a reconnection, when rings may have been missed
		case <-tick.C:
		case err := <-rings:
			if err != nil {
				r.log.WarnContext(ctx, "outbox bell", "err", err)
			}
		}
	}
}

func (r *Relay) failed(ctx context.Context, err error, pause time.Duration) {
	if ctx.Err() != nil {
		return
	}
	r.failures.Add(1)
	r.log.WarnContext(ctx, "outbox relay", "err", err, "again_ms", pause.Milliseconds())
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Drain carries all changes that wait, and returns. It does nothing while
// another process drains.
func (r *Relay) Drain(ctx context.Context) error {
	for {
		n, err := r.batch(ctx)
		if err != nil || n < batchSize {
			return err
		}
	}
}

// batch carries some changes in one transaction: the rows go when Redis has
// them. Should the commit then fail, they come again, and Publish knows them.
func (r *Relay) batch(ctx context.Context) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, batchLimit)
	defer cancel()
	err = store.InTx(ctx, r.db, func(tx *sqlx.Tx) error {
		alone, err := soleDrainer(ctx, tx)
		if err != nil || !alone {
			return err
		}
		changes, err := take(ctx, tx, batchSize)
		if err != nil || len(changes) == 0 {
			return err
		}
		if r.prepare != nil {
			if err := r.prepare(ctx, changes); err != nil {
				return fmt.Errorf("prepare changes: %w", err)
			}
		}
		n = len(changes)
		return r.streams.Publish(ctx, changes)
	})
	if err != nil {
		return 0, err
	}
	r.published.Add(int64(n))
	return n, nil
}
