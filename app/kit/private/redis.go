package private

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisLimit is how long Redis may take to answer, or an old one to end.
const redisLimit = 10 * time.Second

// startRedis starts Redis and keeps it running. It holds nothing that its readers
// cannot rebuild, so a new one begins empty.
func (s *Services) startRedis(ctx context.Context, bin programs) error {
	if err := s.place.make(filepath.Join(s.place.data, "redis")); err != nil {
		return err
	}
	socket := filepath.Join(s.place.sockets, "redis.sock")
	kept, err := keep(ctx, s.opts.Log, func(ctx context.Context) (*process, error) { return s.launchRedis(ctx, bin, socket) })
	if err != nil {
		return err
	}
	s.redis, s.redisURL = kept, "unix://"+socket
	return nil
}

func (s *Services) launchRedis(ctx context.Context, bin programs, socket string) (*process, error) {
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket, MaxRetries: -1, DialerRetries: 1})
	defer client.Close()
	if err := s.clearRedis(ctx, client, socket); err != nil {
		return nil, err
	}
	child, err := launch("Redis", s.place, syscall.SIGTERM, bin.redis,
		"--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--save", "", "--appendonly", "no",
		"--dir", filepath.Join(s.place.data, "redis"), "--daemonize", "no", "--loglevel", "warning", "--databases", "64")
	if err != nil {
		return nil, err
	}
	answers := func(ctx context.Context) error {
		if _, err := os.Stat(socket); err != nil { // the client would log each try
			return err
		}
		return client.Ping(ctx).Err()
	}
	if err := await(ctx, child, redisLimit, answers); err != nil {
		child.stop()
		return nil, err
	}
	return child, nil
}

// clearRedis ends a Redis that an earlier run left at our socket, and removes the
// socket. The folder is locked, so whoever answers there is no other server's.
func (s *Services) clearRedis(ctx context.Context, client *redis.Client, socket string) error {
	if _, err := os.Stat(socket); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, redisLimit)
	defer cancel()
	if client.Ping(ctx).Err() == nil {
		s.opts.Log.InfoContext(ctx, "ending the Redis that an earlier run left behind")
		_ = client.ShutdownNoSave(ctx).Err() // answers by hanging up
	}
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove old Redis socket: %w", err)
	}
	return nil
}

// StopRedis ends Redis and leaves it ended, for an operator's drill and for
// tests. StartRedis starts it again.
func (s *Services) StopRedis() { s.redis.stop() }

// StartRedis starts Redis after StopRedis, empty, at the same address.
func (s *Services) StartRedis(ctx context.Context) error {
	bin, err := findPrograms(Options{Redis: true})
	if err != nil {
		return err
	}
	return s.startRedis(ctx, bin)
}
