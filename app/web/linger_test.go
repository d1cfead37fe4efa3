package web

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestARefusalReachesWhoeverIsStillSending: a request refused for its size is
// answered while the rest of it is still on its way. The rest is taken in, for a
// connection that is closed on it is reset, and the answer lost with it.
func TestARefusalReachesWhoeverIsStillSending(t *testing.T) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(served(t, newServer(t)), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	const size = maxBody + 4<<20
	fmt.Fprintf(conn, "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", size)
	in := bufio.NewReader(conn)
	if _, err := in.Peek(1); err != nil {
		t.Fatalf("no answer before the body: %v", err)
	}
	piece := bytes.Repeat([]byte("a"), 64<<10)
	for sent := 0; sent < size; sent += len(piece) {
		if _, err := conn.Write(piece); err != nil {
			t.Fatalf("cut off after %d bytes: %v", sent, err)
		}
	}
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("answered %s", res.Status)
	}
}
