package author

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"xintiexin/flows/xlsform"
)

// check says everything that is wrong with a form.
func (c *command) check(args []string) error {
	set := flags("check")
	asJSON := set.Bool("json", false, "")
	marked := set.Bool("marked", false, "")
	args, err := parse(set, args, 1)
	if err != nil {
		return err
	}
	f, findings, err := c.read(args[0])
	if err != nil {
		return err
	}
	if *asJSON {
		err = c.writeJSON(findings)
	} else {
		c.writeFindings(findings, *marked)
	}
	if err == nil && f == nil {
		err = fmt.Errorf("%s cannot go live", args[0])
	}
	return err
}

func (c *command) writeFindings(findings []xlsform.Finding, marked bool) {
	for _, f := range findings {
		fmt.Fprintln(c.out, strings.ReplaceAll(f.String(), "\n", " "))
		if text := f.Marked(); marked && text != "" {
			fmt.Fprintln(c.out, "    "+strings.ReplaceAll(text, "\n", "\n    "))
		}
	}
}

// writeJSON writes one array with a finding a line.
func (c *command) writeJSON(findings []xlsform.Finding) error {
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	lines.SetEscapeHTML(false)
	for _, f := range findings {
		if err := lines.Encode(f); err != nil {
			return fmt.Errorf("write finding: %w", err)
		}
	}
	text := strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\n", ",\n")
	_, err := fmt.Fprintf(c.out, "[\n%s\n]\n", text)
	return err
}

// list names the built-in forms.
func (c *command) list(args []string) error {
	if _, err := parse(flags("list"), args, 0); err != nil {
		return err
	}
	names, err := c.builtins()
	if err != nil {
		return err
	}
	rows := [][]string{{"表名", "标题", "版本"}}
	for _, name := range names {
		f, err := c.live(name)
		if err != nil {
			return err
		}
		rows = append(rows, []string{name, f.Title, f.Version})
	}
	for _, line := range columns(rows) {
		fmt.Fprintln(c.out, line)
	}
	return nil
}

func (c *command) builtins() ([]string, error) {
	if c.Builtin == nil {
		return nil, nil
	}
	files, err := fs.Glob(c.Builtin, "*.md")
	if err != nil {
		return nil, fmt.Errorf("list forms: %w", err)
	}
	for i := range files {
		files[i] = strings.TrimSuffix(files[i], ".md")
	}
	slices.Sort(files)
	return files, nil
}

// export writes a built-in form as a workbook into a new file.
func (c *command) export(args []string) error {
	args, err := parse(flags("export"), args, 2)
	if err != nil {
		return err
	}
	names, err := c.builtins()
	if err != nil {
		return err
	}
	if !slices.Contains(names, args[0]) {
		return fmt.Errorf("no built-in form %q; there are %s", args[0], strings.Join(names, ", "))
	}
	src, err := fs.ReadFile(c.Builtin, args[0]+".md")
	if err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	f, findings := xlsform.ReadMarkdown(args[0], src, xlsform.Options{Live: c.Live})
	if f == nil {
		return fmt.Errorf("built-in form %s: %v", args[0], findings[0])
	}
	return write(args[1], func(file *os.File) error { return xlsform.Write(file, f) })
}

// write makes a new file; it refuses to go over another and leaves none behind
// when it fails.
func write(name string, fill func(*os.File) error) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	err = fill(file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		os.Remove(name)
		return fmt.Errorf("write workbook %s: %w", name, err)
	}
	return nil
}
