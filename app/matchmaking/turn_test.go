package matchmaking

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
)

// processes are services of one installation, each with a pool of its own.
func processes(t *testing.T, n int) (list []*Service) {
	t.Helper()
	address := storetest.URL(t)
	for range n {
		db, err := store.Open(t.Context(), address, 4)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		list = append(list, New(db, clock.At("2027-05-20T10:00:00+08:00"), ident.New))
	}
	return list
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	both := processes(t, 2)
	giveBack, err := both[0].takeTurn(t.Context(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	office, event := accounts.SystemActor("test"), ident.New()
	for i, s := range both {
		_, err := s.Solve(t.Context(), office, event, RunOptions{Wait: 50 * time.Millisecond})
		if f, ok := fault.Of(err); !ok || f.Code != fault.Conflict || f.Key != "matchmaking.solver_busy" {
			t.Errorf("process %d during a run: %v", i, err)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := both[1].takeTurn(gone, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("who left: %v", err)
	}
	giveBack()
	for i, s := range both {
		giveBack, err := s.takeTurn(t.Context(), time.Minute)
		if err != nil {
			t.Fatalf("process %d after the run: %v", i, err)
		}
		giveBack()
	}
}

func TestWhoWaitsGetsTheTurn(t *testing.T) {
	t.Parallel()
	both := processes(t, 2)
	var running, most, done atomic.Int32
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			giveBack, err := both[i%2].takeTurn(t.Context(), time.Minute)
			if err != nil {
				t.Error(err)
				return
			}
			defer giveBack()
			most.Store(max(most.Load(), running.Add(1)))
			for range 3 { // something that takes its time
				if err := both[i%2].db.PingContext(t.Context()); err != nil {
					t.Error(err)
				}
			}
			running.Add(-1)
			done.Add(1)
		})
	}
	all.Wait()
	if most.Load() != 1 || done.Load() != 12 {
		t.Errorf("%d at once, %d done; want 1 and 12", most.Load(), done.Load())
	}
}
