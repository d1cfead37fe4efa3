package web

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
)

// lingerTime bounds how long the rest of a refused request is taken in: longer
// than a telephone abroad needs to notice the answer, shorter than it pays to
// send for nothing.
const lingerTime = 10 * time.Second

// Serve answers requests at a listener until it is closed or the server is shut
// down.
func (s *Server) Serve(l net.Listener) error { return s.app.Listener(lingeringListener{l}) }

// lingeringListener accepts connections that close after the other end has heard
// what it was told.
type lingeringListener struct{ net.Listener }

// Accept waits for the next connection.
func (l lingeringListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingering{Conn: c}, nil
}

// lingering is a connection that, once a request on it was refused unread, takes in
// the rest of the request before it closes. A connection closed on data nobody read
// is reset, and a reset throws away the answer that was on its way: the sender would
// see a broken line instead of the sentence that says what was wrong.
type lingering struct {
	net.Conn
	unread atomic.Bool
	once   sync.Once
	closed error
}

// Close ends the connection, at most lingerTime after it stopped speaking.
func (c *lingering) Close() error {
	c.once.Do(func() {
		if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && c.unread.Load() && half.CloseWrite() == nil {
			// A deadline of a socket is the machine's time, whatever the program's clock says.
			if c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
				_, _ = io.Copy(io.Discard, c.Conn)
			}
		}
		c.closed = c.Conn.Close()
	})
	return c.closed
}

// linger marks the connection of a request that is refused before it was read.
func linger(c *fiber.Ctx) {
	if conn, ok := c.Context().Conn().(*lingering); ok {
		conn.unread.Store(true)
	}
}
