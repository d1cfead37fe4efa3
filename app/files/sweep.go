package files

import (
	"context"
	"fmt"
	"time"
)

// sweepAfter is how long a content that no row refers to is left alone: longer
// than anybody takes to write the row, or to put right the form that the file was
// handed in with.
const sweepAfter = 4 * time.Hour

// sweepMost is how many contents one sweep takes away.
const sweepMost = 1000

// Sweep takes away contents that nothing refers to: of files that were deleted or
// purged, and of uploads that a crash cut short. It answers how many.
func (s *Service) Sweep(ctx context.Context) (n int, err error) {
	keys, err := strayBlobs(ctx, s.db, s.now().Add(-sweepAfter), sweepMost)
	if err != nil {
		return 0, fmt.Errorf("find stray contents: %w", err)
	}
	for _, key := range keys {
		if err := s.drop(ctx, key); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// drop forgets a content, and only then that it was there.
func (s *Service) drop(ctx context.Context, key string) error {
	if err := s.blobs.Delete(ctx, key); err != nil {
		return err
	}
	if err := dropBlob(ctx, s.db, key); err != nil {
		return fmt.Errorf("drop content: %w", err)
	}
	return nil
}

// forget drops contents that nothing refers to any more. What fails now is swept
// away later.
func (s *Service) forget(ctx context.Context, keys ...string) {
	for _, key := range keys {
		if err := s.drop(context.WithoutCancel(ctx), key); err != nil {
			s.log.Warn("a content is left for the next sweep", "err", err)
		}
	}
}

// resealBatch is how many files are sealed anew at a time.
const resealBatch = 10

// Reseal seals a few files anew that another key sealed, and answers how many are
// left.
func (s *Service) Reseal(ctx context.Context) (left int, err error) {
	list, err := staleFiles(ctx, s.db, int64(s.box.KeyID()), resealBatch)
	if err != nil {
		return 0, fmt.Errorf("find files to seal anew: %w", err)
	}
	for _, f := range list {
		if err := s.reseal(ctx, f); err != nil {
			return 0, fmt.Errorf("file %s: %w", f.ID, err)
		}
	}
	return s.Sealed(ctx)
}

func (s *Service) reseal(ctx context.Context, f File) error {
	sealed, err := s.blobs.Get(ctx, f.Key)
	if err != nil {
		return err
	}
	plain, err := s.box.Open(sealed, place(f.ID))
	if err != nil {
		return err
	}
	was := f.Key
	if err := s.put(ctx, &f, plain); err != nil {
		return err
	}
	moved, err := updateContent(ctx, s.db, f, was)
	if err != nil || !moved {
		s.forget(ctx, f.Key) // deleted meanwhile
		return err
	}
	s.forget(ctx, was)
	return nil
}

// Sealed counts the files that another key than the present one sealed.
func (s *Service) Sealed(ctx context.Context) (int, error) {
	n, err := countStaleFiles(ctx, s.db, int64(s.box.KeyID()))
	if err != nil {
		return 0, fmt.Errorf("count files to seal anew: %w", err)
	}
	return n, nil
}
