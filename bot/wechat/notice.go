package wechat

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Subscription notices: one message for each time that somebody accepted it on a
// page of ours, by an open tag that only WeChat's own browser knows.

// SendNotice sends a subscription notice. Data is by keyword, as a Template's. Like
// a customer message it has no key against doubles (client_msg_id stands in the
// platform's sample, and not among its fields): after an Unknown outcome, do not
// repeat it. 43101 says that she has accepted none, or none any more. The later
// event subscribe_msg_sent_event tells how it fared, by a number that no page says
// is in the answer.
func (c *Client) SendNotice(ctx context.Context, openid, templateID string, data map[string]string) error {
	const path = "/cgi-bin/message/subscribe/bizsend"
	checked, err := values(path, data)
	if err != nil {
		return err
	}
	return c.call(ctx, path, struct {
		To       string           `json:"touser"`
		Template string           `json:"template_id"`
		Data     map[string]value `json:"data"`
		State    string           `json:"miniprogram_state"` // required by the page, though we open no mini program
		Lang     string           `json:"lang"`
	}{openid, templateID, checked, "formal", "zh_CN"}, nil)
}

// NoticeTemplates returns the account's templates of subscription notices. Their
// ids are of another kind than those of Templates.
func (c *Client) NoticeTemplates(ctx context.Context) ([]TemplateInfo, error) {
	var out struct {
		List []struct {
			ID      string `json:"priTmplId"`
			Title   string `json:"title"`
			Content string `json:"content"`
		} `json:"data"`
	}
	if err := c.call(ctx, "/wxaapi/newtmpl/gettemplate", nil, &out); err != nil {
		return nil, err
	}
	var list []TemplateInfo
	for _, t := range out.List {
		list = append(list, TemplateInfo{t.ID, t.Title, t.Content, Keywords(t.Content)})
	}
	return list, nil
}

const ticketPath = "/cgi-bin/ticket/getticket"

// JSTicket returns the ticket that signs our pages for WeChat's browser, the same
// for all pages and callers until it ends (two hours).
func (c *Client) JSTicket(ctx context.Context) (string, error) {
	return c.tickets.get(ctx, c.now, source{path: ticketPath, ask: c.askTicket})
}

func (c *Client) askTicket(ctx context.Context) (Token, error) {
	var out struct {
		Ticket  string `json:"ticket"`
		Expires int64  `json:"expires_in"`
	}
	asked := c.now()
	err := c.call(ctx, ticketPath+"?type=jsapi", nil, &out)
	switch {
	case err != nil:
		return Token{}, fmt.Errorf("ticket: %w", err)
	case out.Ticket == "":
		return Token{}, &uncertain{ticketPath, Backoff, errors.New("no ticket in the answer")}
	}
	return Token{out.Ticket, until(asked, out.Expires)}, nil
}

// JSSignature signs a page for WeChat's browser: url is the page's exact address
// without what stands behind a #.
func JSSignature(ticket, nonce string, timestamp int64, url string) string {
	url, _, _ = strings.Cut(url, "#")
	sum := sha1.Sum(fmt.Appendf(nil, "jsapi_ticket=%s&noncestr=%s&timestamp=%d&url=%s", ticket, nonce, timestamp, url))
	return hex.EncodeToString(sum[:])
}
