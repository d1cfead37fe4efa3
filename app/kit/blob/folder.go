package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// folder keeps each content in a file, in folders named by the first two signs of
// the keys so that none grows long.
type folder struct{ root *os.Root }

func openFolder(path string) (Store, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("folder of the files: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("folder of the files: %w", err)
	}
	return &folder{root}, nil
}

func place(key string) (dir, file string) {
	return key[:2], filepath.Join(key[:2], key[2:])
}

func (f *folder) Put(_ context.Context, key string, content []byte) error {
	if err := check(key); err != nil {
		return err
	}
	if len(content) > MaxSize {
		return ErrTooLarge
	}
	dir, file := place(key)
	if err := f.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keep content: %w", err)
	}
	draft := file + ".new"
	if err := f.write(draft, content); err != nil {
		return errors.Join(fmt.Errorf("keep content: %w", err), f.forget(draft))
	}
	// A link, not a renaming: it refuses a name that is taken.
	err := f.root.Link(draft, file)
	if errors.Is(err, fs.ErrExist) {
		err = ErrTaken
	}
	if err := errors.Join(err, f.forget(draft)); err != nil {
		return fmt.Errorf("keep content: %w", err)
	}
	return f.sync(dir)
}

func (f *folder) write(name string, content []byte) error {
	out, err := f.root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(content)
	return errors.Join(err, out.Sync(), out.Close())
}

// sync makes the folder's list of names last.
func (f *folder) sync(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return fmt.Errorf("keep content: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("keep content: %w", err)
	}
	return nil
}

func (f *folder) Get(_ context.Context, key string) ([]byte, error) {
	if err := check(key); err != nil {
		return nil, err
	}
	_, name := place(key)
	in, err := f.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read content: %w", err)
	}
	defer in.Close()
	return readAll(in)
}

// readAll reads a content that may not be larger than MaxSize.
func readAll(in io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(in, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read content: %w", err)
	}
	if len(content) > MaxSize {
		return nil, ErrTooLarge
	}
	return content, nil
}

func (f *folder) Delete(_ context.Context, key string) error {
	if err := check(key); err != nil {
		return err
	}
	_, name := place(key)
	if err := f.forget(name); err != nil {
		return fmt.Errorf("forget content: %w", err)
	}
	return nil
}

func (f *folder) forget(name string) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
