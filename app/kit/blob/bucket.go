package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucketLimit is how long one request to a bucket may take, with its repeats.
const bucketLimit = 60 * time.Second

// bucket keeps contents in a bucket that speaks S3.
type bucket struct {
	client *minio.Client
	name   string
	prefix string
}

func openBucket(u *url.URL, c Credentials) (Store, error) {
	name, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if u.Host == "" || name == "" {
		return nil, errors.New("the address of the files names no bucket: it is s3://host/bucket")
	}
	if c.AccessKey == "" || c.SecretKey == "" {
		return nil, errors.New("files in a bucket need an access key and a secret key")
	}
	tls := u.Query().Get("tls")
	if tls != "" && tls != "on" && tls != "off" {
		return nil, fmt.Errorf("tls=%s in the address of the files; it is on or off", tls)
	}
	region := u.Query().Get("region")
	if region == "" {
		region = "us-east-1" // asked for nowhere, but every request is signed for one
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Secure: tls != "off", Region: region, BucketLookup: minio.BucketLookupAuto,
	})
	if err != nil {
		return nil, fmt.Errorf("address of the files: %w", err)
	}
	b := &bucket{client: client, name: name, prefix: prefix}
	ctx, cancel := context.WithTimeout(context.Background(), bucketLimit)
	defer cancel()
	there, err := client.BucketExists(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("bucket of the files: %w", err)
	}
	if !there {
		return nil, fmt.Errorf("there is no bucket %s for the files: make it, or name another", name)
	}
	return b, nil
}

func (b *bucket) at(key string) string { return path.Join(b.prefix, key) }

func (b *bucket) Put(ctx context.Context, key string, content []byte) error {
	if err := check(key); err != nil {
		return err
	}
	if len(content) > MaxSize {
		return ErrTooLarge
	}
	ctx, cancel := context.WithTimeout(ctx, bucketLimit)
	defer cancel()
	// Not every server knows "only if it is not there"; keys are random enough that
	// asking first is a guard against our own mistakes and nothing else.
	if _, err := b.client.StatObject(ctx, b.name, b.at(key), minio.StatObjectOptions{}); err == nil {
		return fmt.Errorf("keep content: %w", ErrTaken)
	}
	_, err := b.client.PutObject(ctx, b.name, b.at(key), bytes.NewReader(content), int64(len(content)),
		minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: true})
	if err != nil {
		return fmt.Errorf("keep content: %w", err)
	}
	return nil
}

func (b *bucket) Get(ctx context.Context, key string) ([]byte, error) {
	if err := check(key); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, bucketLimit)
	defer cancel()
	object, err := b.client.GetObject(ctx, b.name, b.at(key), minio.GetObjectOptions{})
	if err != nil {
		return nil, fmt.Errorf("read content: %w", err)
	}
	defer object.Close()
	content, err := readAll(object)
	if absent(err) {
		return nil, ErrNotFound
	}
	return content, err
}

func absent(err error) bool {
	var answer minio.ErrorResponse
	return errors.As(err, &answer) && (answer.StatusCode == http.StatusNotFound || answer.Code == minio.NoSuchKey)
}

func (b *bucket) Delete(ctx context.Context, key string) error {
	if err := check(key); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, bucketLimit)
	defer cancel()
	err := b.client.RemoveObject(ctx, b.name, b.at(key), minio.RemoveObjectOptions{})
	if err != nil && !absent(err) {
		return fmt.Errorf("forget content: %w", err)
	}
	return nil
}
