package command

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"xintiexin/bot/browsertest"
	"xintiexin/flows/xlsform"
)

// workbook is a form of text tables as an .xlsx file.
func workbook(t *testing.T, tables string) []byte {
	t.Helper()
	book, findings := xlsform.ParseMarkdown([]byte(tables))
	if book == nil {
		t.Fatal(findings)
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// drop lets a file fall onto the page as somebody does who drags it there.
func drop(t *testing.T, ctx context.Context, name string, src []byte) {
	t.Helper()
	js := fmt.Sprintf(`(() => {
		const bytes = Uint8Array.from(atob(%q), c => c.charCodeAt(0)), data = new DataTransfer();
		data.items.add(new File([bytes], %q));
		for (const kind of ["dragenter", "dragover", "drop"])
			document.querySelector("#chat").dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: data}));
		return true })()`, base64.StdEncoding.EncodeToString(src), name)
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](js)); err != nil {
		t.Fatal(err)
	}
}

func TestInABrowserAFormIsDroppedAndTried(t *testing.T) {
	address := startDemo(t)
	ctx := page(t, address, 1280, 1100)
	hold(t, ctx, "王桂英") // a village worker may not try forms: the clerk's phone is taken up
	says := func(selector, text string) {
		t.Helper()
		js := fmt.Sprintf(`document.querySelector(%q)?.textContent.includes(%q) === true`, selector, text)
		if _, err := chromedp.Run(ctx, chromedp.Poll[bool](js)); err != nil {
			t.Fatalf("%s does not say %q: %v", selector, text, err)
		}
	}
	drop(t, ctx, "wishes.xlsx", workbook(t, `
		| survey |
		|        | type              | name    | label      | relevant            |
		|        | select_one yesno  | consent | 能问两句吗？  |                     |
		|        | integer           | age     | 多大年纪？    | ${consent} = 'yess' |
		|        | integr            | persons | 家里几口人？  | ${ag} > 3           |
		| choices |
		|        | list_name | name | label |
		|        | yesno     | yes  | 能    |
		|        | yesno     | no   | 不能   |
		| settings |
		|        | form_title | form_id |
		|        | 心愿单       | wishes  |`))
	says("#trial-name", "有 2 处要改")
	says("#findings .wrong", "不认识的类型 “integr”。是不是 integer？")
	says("#findings pre", "${consent} = 'yess'")
	says("#findings", "是不是 ${age}？")
	shoot(t, ctx, "XINTIEXIN_SHOT_FINDINGS")

	file := filepath.Join(t.TempDir(), "wishes.xlsx")
	right := workbook(t, `
		| survey |
		|        | type              | name    | label     | relevant           |
		|        | select_one yesno  | consent | 能问两句吗？ |                    |
		|        | integer           | age     | 多大年纪？   | ${consent} = 'yes' |
		| choices |
		|        | list_name | name | label |
		|        | yesno     | yes  | 能    |
		|        | yesno     | no   | 不能   |
		| settings |
		|        | form_title | form_id |
		|        | 心愿单       | wishes  |`)
	if err := os.WriteFile(file, right, 0o600); err != nil {
		t.Fatal(err)
	}
	browsertest.Do(t, ctx, chromedp.SetUploadFiles(chromedp.CSS("#form-file"), []string{file}))
	answered(t, ctx, "能问两句吗")
	says(`[data-persona][aria-current="true"]`, "赵文静")
	says("#trial-name", "正在手机上填")
	tap(t, ctx, "1 能")
	answered(t, ctx, "多大年纪")
	time.Sleep(1100 * time.Millisecond) // two clicks of one second are one to the platform
	drop(t, ctx, "wishes.xlsx", right)  // once more, in the middle of it
	answered(t, ctx, "试填")
	answered(t, ctx, "能问两句吗")
	tap(t, ctx, "2 不能")
	answered(t, ctx, "记成这样")
	tap(t, ctx, "1 保存")
	answered(t, ctx, "什么都没有存")
	shoot(t, ctx, "XINTIEXIN_SHOT_TRIAL")

	drop(t, ctx, "old.xlsx", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old workbook"))
	says("#findings .wrong", "旧的 .xls 表")
	drop(t, ctx, "letter.docx", []byte("PK"))
	says("#trouble", "请放一张 Excel")
}
