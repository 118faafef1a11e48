package har

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// opened is a HAR as text, out of whatever it was packed in.
type opened struct {
	text  io.Reader
	files fs.FS // where the files stand that hold bodies; nil if nowhere
	close func()
}

// maxLayers is how often a file may be packed: a gzip of a zip of a HAR is two layers.
const maxLayers = 4

// unpack takes compression, archive and character encoding off. What a file is, its content says and not its name.
func unpack(r io.Reader) (*opened, error) {
	o := &opened{text: r, close: func() {}}
	if f, ok := r.(*os.File); ok {
		o.besides(f)
	}
	for range maxLayers {
		// What is an archive has to be read in any order, which a file can be.
		b := bufio.NewReaderSize(o.text, 4096)
		start, err := b.Peek(4)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		whole := o.text
		o.text = b
		switch form := formOf(start); form {
		case "":
			return o, nil
		case "zip":
			err = o.unzip(whole, b)
		case "gzip":
			o.text, err = gunzip(b)
		case "zlib":
			o.text, err = inflate(b)
		case "zstd":
			o.text, err = o.unzstd(b)
		case "UTF-8":
			_, err = b.Discard(3)
		case "UTF-16LE":
			o.text = decodeUTF16(b, unicode.LittleEndian)
		case "UTF-16BE":
			o.text = decodeUTF16(b, unicode.BigEndian)
		default:
			err = fmt.Errorf("not a HAR file: it is %s", form)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("it is packed more than %d times", maxLayers)
}

// formOf names what begins with these bytes, and is empty for what may be plain text.
func formOf(start []byte) string {
	for _, form := range []struct{ begins, name string }{
		{"\x1f\x8b", "gzip"},
		{"PK\x03\x04", "zip"}, {"PK\x05\x06", "zip"},
		{"\xef\xbb\xbf", "UTF-8"},
		{"\xff\xfe\x00\x00", "in UTF-32"}, {"\x00\x00\xfe\xff", "in UTF-32"},
		{"\xff\xfe", "UTF-16LE"}, {"\xfe\xff", "UTF-16BE"}, {"{\x00", "UTF-16LE"}, {"\x00{", "UTF-16BE"},
		{"\x28\xb5\x2f\xfd", "zstd"},
		{"BZh", "compressed with bzip2: decompress it first"},
		{"\xfd7zX", "compressed with xz: decompress it first"},
		{"7z\xbc\xaf", "a 7z archive: unpack it first"},
		{"\xd4\xc3\xb2\xa1", "a packet capture"}, {"\xa1\xb2\xc3\xd4", "a packet capture"}, {"\x0a\x0d\x0d\x0a", "a packet capture"},
		{"SQLi", "an SQLite database"},
		{"<?xm", "XML, such as Burp's: export a HAR instead"},
	} {
		if bytes.HasPrefix(start, []byte(form.begins)) {
			return form.name
		}
	}
	if len(start) >= 2 && start[0] == 'x' && (int(start[0])<<8|int(start[1]))%31 == 0 { // RFC 1950, 2.2
		return "zlib"
	}
	return ""
}

// besides finds the folder of a file. Bodies are read from there only: an [os.Root] can't be left.
func (o *opened) besides(f *os.File) {
	path, err := filepath.EvalSymlinks(f.Name()) // standard input is called /dev/stdin, whatever it is
	if err != nil {
		return
	}
	opened, err := f.Stat()
	named, failed := os.Stat(path)
	if err != nil || failed != nil || !opened.Mode().IsRegular() || !os.SameFile(opened, named) {
		return
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return
	}
	o.files = root.FS()
	o.close = func() { root.Close() }
}

func gunzip(b *bufio.Reader) (io.Reader, error) {
	in := &counter{r: b}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("not a gzip file after all: %w", err)
	}
	return &bounded{r: z, in: in}, nil
}

func (o *opened) unzstd(b *bufio.Reader) (io.Reader, error) {
	in := &counter{r: b}
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(32<<20))
	if err != nil {
		return nil, fmt.Errorf("not a zstd file after all: %w", err)
	}
	closeBefore := o.close
	o.close = func() { z.Close(); closeBefore() }
	return &bounded{r: z, in: in}, nil
}

func inflate(b *bufio.Reader) (io.Reader, error) {
	in := &counter{r: b}
	z, err := zlib.NewReader(in)
	if err != nil {
		return nil, errors.New("not a HAR file: it is not a JSON object")
	}
	return &bounded{r: z, in: in}, nil
}

func decodeUTF16(b *bufio.Reader, order unicode.Endianness) io.Reader {
	return transform.NewReader(b, unicode.UTF16(order, unicode.UseBOM).NewDecoder())
}

// A recording grows at most about a hundred times when it is decompressed. What grows more is a bomb.
const (
	maxGrowth  = 500
	freeGrowth = 16 << 20 // bytes that are not looked at
)

// counter counts the bytes that come from a reader.
type counter struct {
	r io.ByteReader
	n int64
}

func (c *counter) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.(io.Reader).Read(p)
	c.n += int64(n)
	return n, err
}

// bounded is decompressed data, up to where it must be a bomb.
type bounded struct {
	r   io.Reader
	in  *counter
	out int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.out += int64(n); b.out > freeGrowth && b.out/maxGrowth > b.in.n {
		return 0, fmt.Errorf("it grows more than %d times when it is decompressed, as only a bomb does", maxGrowth)
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("it can't be decompressed: %w", err)
	}
	return n, err
}

// maxArchive is how large an archive may be that comes through a pipe: it has to be in memory.
const maxArchive = 256 << 20

// unzip goes on with the HAR in an archive. The files beside it there hold its bodies.
func (o *opened) unzip(whole io.Reader, b *bufio.Reader) error {
	at, size, err := randomAccess(whole, b)
	if err != nil {
		return err
	}
	archive, err := zip.NewReader(at, size)
	if err != nil {
		return fmt.Errorf("not a zip file after all: %w", err)
	}
	var recordings []*zip.File
	for _, f := range archive.File {
		name := strings.ToLower(f.Name)
		isHAR := strings.HasSuffix(name, ".har") || strings.HasSuffix(name, ".har.json") || strings.HasSuffix(name, ".har.gz") || strings.HasSuffix(name, ".zhar")
		if isHAR && !strings.HasPrefix(f.Name, "__MACOSX/") { // macOS keeps notes of its own there
			recordings = append(recordings, f)
		}
	}
	switch len(recordings) {
	case 0:
		return errors.New("this is a zip without a .har in it")
	case 1:
	default:
		return fmt.Errorf("this is a zip with %d .har files in it: unpack it and name them", len(recordings))
	}
	recording := recordings[0]
	if !fs.ValidPath(recording.Name) {
		return errors.New("the .har in this zip has a path that leads out of it")
	}
	in, err := recording.Open()
	if err != nil {
		return fmt.Errorf("the .har in this zip can't be read: %w", err)
	}
	o.text = &bounded{r: in, in: &counter{n: int64(recording.CompressedSize64)}}
	o.files = archive
	if folder := recording.Name[:max(0, strings.LastIndexByte(recording.Name, '/'))]; folder != "" {
		o.files, err = fs.Sub(archive, folder)
	}
	return err
}

// randomAccess gives an archive as something that can be read in any order. The file itself is, if nothing was read of it
// before; else it is read into memory.
func randomAccess(whole io.Reader, b *bufio.Reader) (io.ReaderAt, int64, error) {
	if f, ok := whole.(*os.File); ok {
		info, err := f.Stat()
		at, seekErr := f.Seek(0, io.SeekCurrent)
		if err == nil && seekErr == nil && info.Mode().IsRegular() && at == int64(b.Buffered()) {
			return f, info.Size(), nil
		}
	}
	data, err := io.ReadAll(io.LimitReader(b, maxArchive+1))
	if err != nil {
		return nil, 0, err
	}
	if len(data) > maxArchive {
		return nil, 0, fmt.Errorf("this is a zip of more than %d MiB, which can be read from a file only", maxArchive>>20)
	}
	return bytes.NewReader(data), int64(len(data)), nil
}
