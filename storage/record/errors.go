package record

import (
	"errors"
)

// ErrRateLimited is returned to who asked more than a day's share of questions.
var ErrRateLimited = errors.New("storage: asked often enough today")

// Sentinels of signing up; ask with errors.Is.
var (
	ErrFamily  = errors.New("storage: stands for as many as it can") // MaxFamily
	ErrConsent = errors.New("storage: she did not agree")            // no consent, no record
)
