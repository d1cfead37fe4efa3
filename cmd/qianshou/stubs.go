package main

import "context"

func match(ctx context.Context, args []string, std stdio) error { return errUsage }
