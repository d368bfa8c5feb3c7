package ops

import (
	"errors"
)

var (
	// ErrSecond is returned when a second person has to release what she prepared.
	ErrSecond = errors.New("a second person has to release it")
)
