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

// Class is by the code (Rules); a code not known is never tried again.
func (e *Error) Class() Class {
	switch {
	case e.class != OK:
		return e.class
	case e.Code == 0:
		return OK
	}
	r, _ := RuleOf(e.Code)
	return r.Class
}

// Known reports whether the code stands in Rules. Another is never tried again
// either, but somebody should look at it.
func (e *Error) Known() bool {
	_, ok := RuleOf(e.Code)
	return ok || e.class != OK || e.Code == 0
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

// Address is this server's address as the platform saw it, where it refuses it
// (40164) and says so, else "".
func (e *Error) Address() string {
	if e.Code != 40164 {
		return ""
	}
	for _, word := range strings.FieldsFunc(e.Msg, func(r rune) bool { return r == ' ' || r == ',' }) {
		if ip := net.ParseIP(word); ip != nil && ip.To4() != nil {
			return ip.To4().String()
		}
	}
	return ""
}

// split divides errmsg into its text and its rid, which stands last.
func split(errmsg string) (msg, rid string) {
	msg, rid, _ = strings.Cut(errmsg, "rid: ")
	return strings.TrimSpace(msg), strings.TrimSpace(rid)
}
