package matchmaking

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"qianshou/app/kit/fault"
)

// turnWait is how long a run waits for one that is under way: longer than the
// desk's runs take, and shorter than a statement may.
const turnWait = 15 * time.Second

// takeTurn waits until no other run of the installation is under way, in this
// process or in another, and answers how the turn is given back. A solver takes
// a whole processor; two of them would starve the doors.
//
// Fault: Conflict, the others did not end in time.
func (s *Service) takeTurn(ctx context.Context, wait time.Duration) (giveBack func(), err error) {
	timed, stop := context.WithTimeout(ctx, wait)
	defer stop()
	refuse := func(err error) error {
		if ctx.Err() == nil && timed.Err() != nil {
			return fault.Wrap(err, fault.Conflict, "matchmaking.solver_busy")
		}
		return fmt.Errorf("wait for the solver: %w", err)
	}
	// In the process first, so that those who wait hold one connection, not many.
	select {
	case s.turn <- struct{}{}:
	case <-timed.Done():
		return nil, refuse(timed.Err())
	}
	conn, err := s.db.Conn(timed)
	if err != nil {
		<-s.turn
		return nil, refuse(err)
	}
	if err := lockSolver(timed, conn); err != nil {
		hangUp(conn)
		<-s.turn
		return nil, refuse(err)
	}
	return func() {
		hangUp(conn)
		<-s.turn
	}, nil
}

// hangUp closes a connection for good: with its session the lock ends, whether it
// was got or not.
func hangUp(conn *sql.Conn) {
	if err := conn.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) {
		_ = conn.Close()
	}
}
