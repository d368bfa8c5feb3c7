package command

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"

	"xintiexin/flows"
	"xintiexin/storage"
)

// printVersion says of what this program was built.
func printVersion(args []string, out io.Writer) error {
	if words, err := parse(newFlags("version", out), args); err != nil {
		return err
	} else if len(words) > 0 {
		return wrongUsage("version")
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: "an unknown Go"}
	}
	fmt.Fprint(out, versionText(info))
	return nil
}

// versionText is what the build wrote into the program: version, commit, Go and
// platform, and the format of the data that it reads and writes.
func versionText(info *debug.BuildInfo) string {
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	text := "xintiexin " + version + "\n"
	if commit := set["vcs.revision"]; commit != "" {
		text += "commit    " + commit + " of " + set["vcs.time"]
		if set["vcs.modified"] == "true" {
			text += ", with changes that are in no commit"
		}
		text += "\n"
	}
	text += "built by  " + info.GoVersion
	if system := set["GOOS"]; system != "" {
		text += " for " + system + "/" + set["GOARCH"]
	}
	return text + fmt.Sprintf("\ndata      format %d\n", storage.Format)
}

// dialogCommand prints who hears what is typed, in the order in which they are asked.
func dialogCommand(_ context.Context, args []string, _ func(string) string, out io.Writer) error {
	words, err := parse(newFlags("dialog", out), args)
	if err != nil {
		return err
	}
	if len(words) != 1 || words[0] != "stages" {
		return wrongUsage("dialog")
	}
	talk, err := flows.New()
	if err != nil {
		return fmt.Errorf("read the built-in forms: %w", err)
	}
	for i, r := range talk.Recognisers() {
		fmt.Fprintf(out, "%3d  %-8s  %s\n", i+1, r.Stage, r.Name)
	}
	return nil
}
