package wechat

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Class says what to do about an error of the API.
type Class int

const (
	OK           Class = iota // no error
	RefreshToken              // the token was refused; Client has already tried a fresh one
	Backoff                   // not done; the same again a little later
	Later                     // not before the user's next act, or the next day
	Never                     // not done, and never will be as it is: code, config or data is wrong
	DropUser                  // this user cannot be reached: gone, blocking, or not ours
	DropTemplate              // no consent left for this template: ask the user again
	DropMessage               // this message will not be delivered, others may
	Alarm                     // stop sending and call a person
	Unknown                   // it may or may not have been done
	Ignore                    // of no consequence
)

func (c Class) String() string {
	names := [...]string{"ok", "refresh token", "back off", "later", "never", "drop user", "drop template", "drop message", "alarm", "unknown outcome", "ignore"}
	if int(c) < len(names) && c >= 0 {
		return names[c]
	}
	return fmt.Sprintf("class %d", int(c))
}

// Error is the platform's no, or our own beforehand in its words. It holds no
// token, secret, openid or text.
type Error struct {
	Call string // the path, e.g. /cgi-bin/message/template/send
	Code int    // errcode
	Msg  string // errmsg without the rid
	Rid  string // the platform's request id, for its support; valid for 7 days

	class Class // if not by the code alone
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s: errcode %d: %s", e.Call, e.Code, e.Msg)
	if e.Rid != "" {
		s += " (rid " + e.Rid + ")"
	}
	return s
}

// Class is by the code; a code not known is never tried again.
func (e *Error) Class() Class {
	if e.class != OK {
		return e.class
	}
	switch e.Code {
	case 0:
		return OK
	case 40001, 40014, 42001:
		return RefreshToken
	case -1, 45011, 45169, 45171:
		return Backoff
	case 45015, 45047, 45009:
		return Later
	case 40003, 43004, 46004, 50005, 43019, 48002:
		return DropUser
	case 43101:
		return DropTemplate
	case 70000:
		return DropMessage
	case 45080, 45081, 45072:
		return Ignore
	case 40013, 40125, 40164, 89503, 89506, 89507, 40243, 50004, 50007,
		40036, 40037, 43116, 40249, 48001, 48003, 48004, 50001, 50002:
		return Alarm
	}
	return Never
}

// Known reports whether the code stands in our table. Another is never tried again
// either, but somebody should look at it.
func (e *Error) Known() bool {
	if e.Class() != Never {
		return true
	}
	switch e.Code {
	case 40002, 40007, 40008, 40029, 40032, 40033, 40039, 40052, 40053, 40054, 40055, 40118, 40121, 40163, 40200, 40246, 40247,
		41001, 41002, 41004, 42003, 43001, 43002, 43003, 44002, 44004, 45001, 45002, 45007, 45008, 45010, 45026, 45027,
		45056, 45057, 45058, 45059, 45064, 45157, 45158, 45159, 46001, 46002, 46003, 47001, 47003, 48006, 49003, 65317, 65320, 200100:
		return true
	}
	for _, span := range [][2]int{{40004, 40012}, {40016, 40027}, {65301, 65316}, {200011, 200022}} {
		if e.Code >= span[0] && e.Code <= span[1] {
			return true
		}
	}
	return false
}

// ClassOf is the class of any error that Client returns; OK for nil.
func ClassOf(err error) Class {
	var e *Error
	var u *uncertain
	switch {
	case err == nil:
		return OK
	case errors.As(err, &e):
		return e.Class()
	case errors.As(err, &u):
		return u.class
	}
	return Never
}

// uncertain is a call that got no answer of the API's.
type uncertain struct {
	call  string
	class Class // Backoff if it surely was not done, Unknown if it may have been
	err   error
}

func (u *uncertain) Error() string { return u.call + ": " + u.class.String() + ": " + u.err.Error() }
func (u *uncertain) Unwrap() error { return u.err }

// transport says what became of a request that got no answer. net/http's error
// holds the whole address, and with it the access token: it is left out.
func transport(call string, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" && !errors.Is(err, context.Canceled) {
		return &uncertain{call, Backoff, err} // never left this machine
	}
	return &uncertain{call, Unknown, err}
}

// split divides errmsg into its text and its rid, which stands last.
func split(errmsg string) (msg, rid string) {
	msg, rid, _ = strings.Cut(errmsg, "rid: ")
	return strings.TrimSpace(msg), strings.TrimSpace(rid)
}
