package browser

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	screenshots = flag.String("screenshots", "", "write pictures of a report in three widths, light and dark, to this folder")
	update      = flag.Bool("update", false, "write the picture that the README shows")
)

// TestScreenshots takes pictures for people to look at.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("give -args -screenshots FOLDER to take pictures")
	}
	b := open(t, checked(t, someFaults...))
	for _, width := range []int64{360, 800, 1400} {
		for _, scheme := range []string{"light", "dark"} {
			b.look(t, width, scheme)
			b.do(t, toTimeline)
			eval[bool](t, b, `(scrollTo(0, 0), true)`)
			png := b.picture(t, chromedp.FullScreenshot(100))
			require.NoError(t, os.WriteFile(filepath.Join(*screenshots, fmt.Sprintf("%d-%s.png", width, scheme)), png, 0o644))
		}
	}
}

// readmePicture is what the README shows.
var readmePicture = filepath.Join("..", "testdata", "screenshot.png")

func TestThePictureOfTheReadmeIsSmall(t *testing.T) {
	if *update {
		b := open(t, checked(t, someFaults...))
		b.look(t, 1200, "light")
		b.do(t, chromedp.EmulateViewport(1200, 720))
		require.NoError(t, os.WriteFile(readmePicture, b.picture(t, chromedp.CaptureScreenshot()), 0o644))
	}
	info, err := os.Stat(readmePicture)
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(150_000))
}
