package author

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"xintiexin/flows/form"
	"xintiexin/flows/xlsform"
)

// builtins reads the built-in forms.
func builtins(t *testing.T) map[string]*form.Form {
	t.Helper()
	c := &command{Options: options}
	names, err := c.builtins()
	if err != nil || len(names) == 0 {
		t.Fatalf("no built-in forms: %v", err)
	}
	forms := map[string]*form.Form{}
	for _, name := range names {
		f, findings, err := c.read(name)
		if err != nil || f == nil {
			t.Fatalf("%s: %v %v", name, err, findings)
		}
		forms[name] = f
	}
	return forms
}

func TestBuiltInFormsAreAnsweredToTheirEnd(t *testing.T) {
	for name, f := range builtins(t) {
		for _, state := range []string{"", "ask", "new"} {
			for seed := range uint64(ways) {
				r, err := Answerer{Form: f, Lists: Invented{}, Now: noon, Seed: seed, Preset: map[string]string{"consent_state": state}}.Run(context.Background())
				if err != nil || !r.Done || len(r.DeadEnds) > 0 {
					t.Errorf("%s, %q, seed %d: done %v, %v %v", name, state, seed, r.Done, err, r.DeadEnds)
				}
			}
		}
	}
}

// LibreOffice opens and saves what we export, and we read back the same form.
func TestBuiltInFormsSurviveLibreOffice(t *testing.T) {
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice is not installed (apt-get install libreoffice-calc): .ci/run leaves it out, some 300 MB for this one test")
	}
	if testing.Short() {
		t.Skip("LibreOffice takes seconds to start")
	}
	dir := t.TempDir()
	args := []string{"-env:UserInstallation=file://" + filepath.Join(dir, "profile"), "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", filepath.Join(dir, "saved")}
	forms := builtins(t)
	for name := range forms {
		file := filepath.Join(dir, name+".xlsx")
		if err := Run(t.Context(), []string{"export", name, file}, nil, &bytes.Buffer{}, options); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	if out, err := exec.CommandContext(t.Context(), soffice, args...).CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, out)
	}
	for name, want := range forms {
		src, err := os.ReadFile(filepath.Join(dir, "saved", name+".xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		ours, err := os.ReadFile(filepath.Join(dir, name+".xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(src, ours) {
			t.Errorf("%s was not saved anew", name)
		}
		got, findings := xlsform.ReadWorkbook(name, src, xlsform.Options{Live: options.Live})
		if got == nil {
			t.Fatalf("%s: %v", name, findings)
		}
		if g, w := xlsform.Tables(got), xlsform.Tables(want); !reflect.DeepEqual(g, w) {
			t.Errorf("%s came back as another form:\n%s", name, differing(g, w))
		}
	}
}

// differing are the rows of two workbooks that are not the same.
func differing(got, want *xlsform.Workbook) string {
	var b strings.Builder
	for i := range min(len(got.Sheets), len(want.Sheets)) {
		g, w := got.Sheets[i].Rows, want.Sheets[i].Rows
		for j := range min(len(g), len(w)) {
			for k := range min(len(g[j].Cells), len(w[j].Cells)) {
				if g[j].Cells[k] != w[j].Cells[k] {
					b.WriteString(got.Sheets[i].Name + ": " + g[j].Cells[k].Text + " was " + w[j].Cells[k].Text + "\n")
				}
			}
		}
	}
	return b.String()
}
