package har_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/racedetector"
)

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

func zlibbed(t *testing.T, text string, level int) string {
	t.Helper()
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, level)
	require.NoError(t, err)
	_, err = io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

// zipped is a zip of files: names and contents in turn.
func zipped(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		require.NoError(t, err)
		_, err = io.WriteString(f, files[i+1])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.String()
}

func zstdOf(t *testing.T, text string) string {
	t.Helper()
	encoder, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return string(encoder.EncodeAll([]byte(text), nil))
}

func utf16Of(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

// attached is an entry whose body stands in a file.
func attached(name string) string {
	return get(`{"status":200,"content":{"size":-1,"mimeType":"application/json","_file":"` + name + `"}}`)
}

func TestPackedFiles(t *testing.T) {
	t.Parallel()
	plain := file(minimal, minimal)
	for name, text := range map[string]string{
		"gzip":                           gzipped(t, plain),
		"zlib, as mitmproxy writes it":   zlibbed(t, plain, zlib.DefaultCompression),
		"zlib, stored":                   zlibbed(t, plain, zlib.NoCompression),
		"zlib, best":                     zlibbed(t, plain, zlib.BestCompression),
		"zip":                            zipped(t, "a.txt", "x", "har.har", plain),
		"zip, in a folder":               zipped(t, "a/b/c.HAR", plain),
		"zip, with notes of macOS's":     zipped(t, "__MACOSX/._har.har", "x", "har.har", plain),
		"zip of a gzip":                  zipped(t, "har.har", gzipped(t, plain)),
		"gzip of a gzip":                 gzipped(t, gzipped(t, plain)),
		"gzip of UTF-8 with its mark":    gzipped(t, "\xef\xbb\xbf"+plain),
		"zstd":                           zstdOf(t, plain),
		"UTF-16, little end first":       "\xff\xfe" + utf16Of(plain, binary.LittleEndian),
		"UTF-16, big end first":          "\xfe\xff" + utf16Of(plain, binary.BigEndian),
		"UTF-16 without a mark":          utf16Of(plain, binary.LittleEndian),
		"UTF-16 without a mark, big end": utf16Of(plain, binary.BigEndian),
		"UTF-16 in gzip":                 gzipped(t, "\xff\xfe"+utf16Of(plain, binary.LittleEndian)),
	} {
		entries, skipped, err := read(strings.NewReader(text))
		require.NoError(t, err, name)
		require.Empty(t, skipped, name)
		require.Len(t, entries, 2, name)
		assert.Equal(t, "[]", string(entries[1].Exchange.Response.Body), name)
	}
}

func TestFilesThatAreNoRecordings(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	plain := file(minimal)
	for _, tt := range []struct{ name, text, want string }{
		{"a zip of something else", zipped(t, "a.txt", "x"), "this is a zip without a .har in it"},
		{"an empty zip", zipped(t), "this is a zip without a .har in it"},
		{"a zip of several", zipped(t, "a.har", plain, "b.har", plain), "this is a zip with 2 .har files in it: unpack it and name them"},
		{"a zip with a path out of it", zipped(t, "../a.har", plain), "the .har in this zip has a path that leads out of it"},
		{"a broken zip", "PK\x03\x04xxxx", "not a zip file after all: zip: not a valid zip file"},
		{"broken zstd", "\x28\xb5\x2f\xfdxxxx", "it can't be decompressed: "},
		{"xz", "\xfd7zXZ\x00", "not a HAR file: it is compressed with xz: decompress it first"},
		{"a packet capture", "\xd4\xc3\xb2\xa1xxxx", "not a HAR file: it is a packet capture"},
		{"Burp's items", "<?xml version=\"1.0\"?><items burpVersion=\"2023.1\"></items>", "not a HAR file: it is XML, such as Burp's: export a HAR instead"},
		{"UTF-32", "\xff\xfe\x00\x00{\x00\x00\x00", "not a HAR file: it is in UTF-32"},
		{"packed for ever", gzipped(t, gzipped(t, gzipped(t, gzipped(t, gzipped(t, plain))))), "it is packed more than 4 times"},
		{"a bomb", gzipped(t, `{"x":"`+strings.Repeat("a", 20<<20)), "it grows more than 500 times when it is decompressed, as only a bomb does"},
		{"a bomb in a zip", zipped(t, "a.har", `{"x":"`+strings.Repeat("a", 20<<20)), "it grows more than 500 times when it is decompressed, as only a bomb does"},
		{"a word", "xylophone", "not a HAR file: it is not a JSON object"},
	} {
		_, _, err := read(strings.NewReader(tt.text))
		assert.ErrorContains(t, err, tt.want, tt.name)
	}
}

func TestBodiesInFilesOfTheirOwn(t *testing.T) {
	t.Parallel()
	const secret = "of the machine"
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "secret"), []byte(secret), 0o600))
	folder := filepath.Join(outside, "recording")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "sub"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "body.json"), []byte("[1]"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "sub", "body.json"), []byte("[2]"), 0o600))
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(folder, "link")))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "large"), bytes.Repeat([]byte("a"), 9<<20), 0o600))

	names := []string{"body.json", "sub/body.json", "missing", "../secret", filepath.Join(outside, "secret"), "link", "sub", "large", `..\\secret`}
	want := []string{"[1]", "[2]", "", "", "", "", "", "", ""}
	var list []string
	for _, name := range names {
		list = append(list, attached(name))
	}
	list = append(list, `{"request":{"method":"POST","url":"https://host/","postData":{"mimeType":"application/json","_file":"body.json"}},"response":{"status":204}}`)
	recording := file(list...)
	path := filepath.Join(folder, "x.har")
	require.NoError(t, os.WriteFile(path, []byte(recording), 0o600))
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	beside, _, err := read(f)
	require.NoError(t, err)

	archive := filepath.Join(outside, "x.zip")
	require.NoError(t, os.WriteFile(archive, []byte(zipped(t, "a/x.har", recording, "a/body.json", "[1]", "a/sub/body.json", "[2]", "secret", secret)), 0o600))
	z, err := os.Open(archive)
	require.NoError(t, err)
	defer z.Close()
	inZip, _, err := read(z)
	require.NoError(t, err)

	for i, name := range names {
		for where, r := range map[string]string{
			"beside": string(beside[i].Exchange.Response.Body), "in the zip": string(inZip[i].Exchange.Response.Body),
		} {
			assert.Equal(t, want[i], r, "%s, %s", name, where)
		}
		assert.Equal(t, want[i] == "", beside[i].Exchange.Response.BodyNotRecorded, name)
		assert.Equal(t, want[i] == "", len(beside[i].Notes) > 0, name)
	}
	last := len(names)
	assert.Equal(t, "[1]", string(beside[last].Exchange.Request.Body), "of a request")
	assert.Equal(t, "[1]", string(inZip[last].Exchange.Request.Body), "of a request")
}
