package private

import (
	"context"
	"log/slog"
	"time"
)

const (
	// restartPause is how long a service that ended by itself stays away before
	// it is started anew; it doubles each time, to at most restartPauseMost.
	restartPause     = 500 * time.Millisecond
	restartPauseMost = 30 * time.Second
	// steady is how long a service must have run before its end counts as the first.
	steady = time.Minute
)

// keeper keeps one service running: what ends by itself is started anew until
// stop. One goroutine owns the child, so that a stop and a restart cannot cross.
type keeper struct {
	cancel context.CancelFunc
	over   chan struct{} // closed when the child is gone for good
}

// keep starts a service and waits until it answers; only then is it kept.
// launch leaves no child behind when it fails.
func keep(ctx context.Context, log *slog.Logger, launch func(context.Context) (*process, error)) (*keeper, error) {
	child, err := launch(ctx)
	if err != nil {
		return nil, err
	}
	kept, cancel := context.WithCancel(context.WithoutCancel(ctx))
	k := &keeper{cancel: cancel, over: make(chan struct{})}
	go k.watch(kept, log, child, launch)
	return k, nil
}

func (k *keeper) watch(ctx context.Context, log *slog.Logger, child *process, launch func(context.Context) (*process, error)) {
	defer close(k.over)
	pause := restartPause
	for {
		started := time.Now()
		select {
		case <-ctx.Done():
			child.stop()
			return
		case <-child.done:
		}
		if time.Since(started) > steady {
			pause = restartPause
		}
		log.WarnContext(ctx, child.name+" ended; starting it anew", "in", pause, "why", child.why())
		for next := (*process)(nil); next == nil; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			pause = min(2*pause, restartPauseMost)
			var err error
			if next, err = launch(ctx); err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, child.name+" could not be started", "again_in", pause, "err", err)
			}
			if next != nil {
				child = next
				log.InfoContext(ctx, child.name+" answers again")
			}
		}
	}
}

// stop ends the service and waits until it is gone. Stopping nothing is no
// failure, nor is stopping twice.
func (k *keeper) stop() {
	if k == nil {
		return
	}
	k.cancel()
	<-k.over
}
