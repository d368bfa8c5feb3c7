package wechat

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

var errTodo = errors.New("not written yet")

const MaxBody = 64 << 10
const MaxText = 1800
const Success = "success"

type Refusal struct {
	Status int
	Reason string
}

func (r *Refusal) Error() string { return r.Reason }

func Verify(cfg Config, query url.Values, now time.Time) (string, error) { return "", errTodo }
func Open(cfg Config, query url.Values, body []byte, now time.Time) (Message, error) {
	return Message{}, errTodo
}
func Reply(cfg Config, m Message, text string, now time.Time) ([]byte, error) { return nil, errTodo }
func Escape(s string) string                                                  { return s }
func Tap(label, content string, token uint32) string                          { return label }
func Pages(blocks []string, limit int) []string                               { return blocks }
func ValidTemplateValue(key, value string) error                              { return errTodo }
func Fit(key, value string) string                                            { return value }

type Class int

const (
	OK Class = iota
	RefreshToken
	Backoff
	Later
	Never
	DropUser
	DropMessage
	DropTemplate
	Alarm
	Unknown
	Ignore
)

func ClassOf(err error) Class { return Unknown }

type Error struct {
	Code int
	Msg  string
	Rid  string
}

func (e *Error) Error() string { return e.Msg }
func (e *Error) Class() Class  { return Unknown }

type Token struct {
	Value string
	Until time.Time
}

type Client struct {
	Config  Config
	HTTP    *http.Client
	Now     func() time.Time
	Timeout time.Duration
	Load    func(context.Context) (Token, error)
	Save    func(context.Context, Token)
}

type Template struct {
	To, TemplateID, URL, ClientMsgID string
	Data                             map[string]string
}
type TemplateInfo struct {
	ID, Title, Content string
	Keys               []string
}
type TagInfo struct {
	ID    int
	Name  string
	Count int
}

func (c *Client) Invalidate(token string)                                     {}
func (c *Client) SendText(ctx context.Context, openid, text string) error     { return errTodo }
func (c *Client) SendTemplate(ctx context.Context, t Template) (int64, error) { return 0, errTodo }
func (c *Client) Templates(ctx context.Context) ([]TemplateInfo, error)       { return nil, errTodo }
func (c *Client) SetMenu(ctx context.Context, menuJSON []byte) error          { return errTodo }
func (c *Client) AddConditionalMenu(ctx context.Context, menuJSON []byte) (string, error) {
	return "", errTodo
}
func (c *Client) DeleteMenu(ctx context.Context) error                    { return errTodo }
func (c *Client) Tags(ctx context.Context) ([]TagInfo, error)             { return nil, errTodo }
func (c *Client) CreateTag(ctx context.Context, name string) (int, error) { return 0, errTodo }
func (c *Client) Tag(ctx context.Context, id int, openids ...string) (failed []string, err error) {
	return nil, errTodo
}
func (c *Client) Untag(ctx context.Context, id int, openids ...string) (failed []string, err error) {
	return nil, errTodo
}
func (c *Client) CreateQR(ctx context.Context, scene string, expire time.Duration) (ticket, url string, err error) {
	return "", "", errTodo
}
func QRPicture(ticket string) string             { return ticket }
func (c *Client) Ping(ctx context.Context) error { return errTodo }
