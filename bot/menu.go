package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"xintiexin/bot/wechat"
	"xintiexin/flows"
)

// staffTag marks staff on the platform, for their own menu.
const staffTag = "村干部"

// PushMenus sets the account's menu, and the staff's own for these openids. A
// menu is no authorisation: each tap is looked at like typed words.
func PushMenus(ctx context.Context, c *wechat.Client, staff []string) error {
	resident, err := menu(flows.ResidentMenu(), 0)
	if err != nil {
		return err
	}
	if err := c.SetMenu(ctx, resident); err != nil {
		return fmt.Errorf("set menu: %w", err)
	}
	if len(staff) == 0 {
		return nil
	}
	tag, err := tagID(ctx, c)
	if err != nil {
		return err
	}
	for start := 0; start < len(staff); start += 50 { // the platform takes 50 at a time
		if failed, err := c.Tag(ctx, tag, staff[start:min(start+50, len(staff))]...); err != nil {
			return fmt.Errorf("tag staff (%d failed): %w", len(failed), err)
		}
	}
	own, err := menu(flows.StaffMenu(), tag)
	if err != nil {
		return err
	}
	if _, err := c.AddConditionalMenu(ctx, own); err != nil {
		return fmt.Errorf("set staff menu: %w", err)
	}
	return nil
}

func tagID(ctx context.Context, c *wechat.Client) (int, error) {
	tags, err := c.Tags(ctx)
	if err != nil {
		return 0, fmt.Errorf("list tags: %w", err)
	}
	for _, t := range tags {
		if t.Name == staffTag {
			return t.ID, nil
		}
	}
	id, err := c.CreateTag(ctx, staffTag)
	if err != nil {
		return 0, fmt.Errorf("create tag: %w", err)
	}
	return id, nil
}

type button struct {
	Type string   `json:"type,omitempty"`
	Name string   `json:"name"`
	Key  string   `json:"key,omitempty"`
	Sub  []button `json:"sub_button,omitempty"`
}

// menu writes a menu as the platform takes it, raw UTF-8.
func menu(buttons []flows.Button, tag int) ([]byte, error) {
	var out struct {
		Button []button          `json:"button"`
		Rule   map[string]string `json:"matchrule,omitempty"`
	}
	for _, b := range buttons {
		top := button{Name: b.Label}
		if len(b.Sub) == 0 {
			top.Type, top.Key = "click", b.Words
		}
		for _, s := range b.Sub {
			top.Sub = append(top.Sub, button{Type: "click", Name: s.Label, Key: s.Words})
		}
		out.Button = append(out.Button, top)
	}
	if tag != 0 {
		out.Rule = map[string]string{"tag_id": fmt.Sprint(tag)}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(out); err != nil {
		return nil, fmt.Errorf("write menu: %w", err)
	}
	return b.Bytes(), nil
}
