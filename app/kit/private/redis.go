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

const (
	redisLimit = 10 * time.Second
	// redisPause is how long a Redis that ended by itself stays away before it is
	// started anew; it doubles each time, to at most redisPauseMost.
	redisPause     = 500 * time.Millisecond
	redisPauseMost = 30 * time.Second
)

func (s *Services) startRedis(ctx context.Context, bin programs) error {
	if err := s.place.make(filepath.Join(s.place.data, "redis")); err != nil {
		return err
	}
	s.redisURL = "unix://" + filepath.Join(s.place.sockets, "redis.sock")
	return s.launchRedis(ctx, bin)
}

func (s *Services) launchRedis(ctx context.Context, bin programs) error {
	socket := filepath.Join(s.place.sockets, "redis.sock")
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove old Redis socket: %w", err)
	}
	child, err := launch("Redis", s.place, syscall.SIGTERM, bin.redis,
		"--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--save", "", "--appendonly", "no",
		"--dir", filepath.Join(s.place.data, "redis"), "--daemonize", "no", "--loglevel", "warning", "--databases", "64")
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.redis = child
	s.mu.Unlock()
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket})
	defer client.Close()
	if err := await(ctx, child, redisLimit, func(ctx context.Context) error { return client.Ping(ctx).Err() }); err != nil {
		return err
	}
	s.watched.Add(1)
	go s.watchRedis(context.WithoutCancel(ctx), bin, child)
	return nil
}

// watchRedis starts Redis anew when it ended and nobody asked it to. What it held
// is rebuilt by its readers.
func (s *Services) watchRedis(ctx context.Context, bin programs, child *process) {
	defer s.watched.Done()
	<-child.done
	for pause := redisPause; ; pause = min(2*pause, redisPauseMost) {
		s.mu.Lock()
		stopping := s.stopping || s.redis != child
		s.mu.Unlock()
		if stopping {
			return
		}
		s.opts.Log.WarnContext(ctx, "Redis ended; starting it anew", "in", pause, "said", child.lastWords())
		select {
		case <-s.quit:
			return
		case <-time.After(pause):
		}
		if err := s.launchRedis(ctx, bin); err == nil {
			return // the new child has its own watcher
		}
		s.mu.Lock()
		s.redis = child // the one that this watcher still stands for
		s.mu.Unlock()
	}
}

// StopRedis ends Redis and leaves it ended, for an operator's drill and for
// tests. StartRedis starts it again.
func (s *Services) StopRedis() {
	s.mu.Lock()
	child := s.redis
	s.redis = nil
	s.mu.Unlock()
	child.stop()
}

// StartRedis starts Redis after StopRedis, empty, at the same address.
func (s *Services) StartRedis(ctx context.Context) error {
	bin, err := findPrograms(Options{Redis: true})
	if err != nil {
		return err
	}
	return s.launchRedis(ctx, bin)
}
