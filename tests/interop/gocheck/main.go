// Gocheck checks an exported ledger without any code of Pratique's: golang.org/x/mod opens its notes and knows its
// tree. Usage: gocheck DIR LOG-VKEY [WITNESS-VKEY...]; it says "ok" and how much it looked at, or what is wrong.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
	proofs = 300
)

func main() {
	if len(os.Args) < 3 {
		fail("usage: gocheck DIR LOG-VKEY [WITNESS-VKEY...]")
	}
	directory := os.Args[1]
	size, root := openCheckpoint(directory, os.Args[2], os.Args[3:])
	stored := hashEntries(directory, size)
	found, err := tlog.TreeHash(size, reader(stored))
	check(err)
	if found != root {
		fail("root: the checkpoint says %v, the entries give %v", root, found)
	}
	tiles := compareTiles(directory, size, stored)
	made := proveAtRandom(size, root, directory, stored)
	fmt.Printf("ok %d entries, %d tiles, %d proofs\n", size, tiles, made)
}

func openCheckpoint(directory, log string, witnesses []string) (int64, tlog.Hash) {
	verifier, err := note.NewVerifier(log)
	check(err)
	known := []note.Verifier{verifier}
	for _, vkey := range witnesses {
		known = append(known, newWitness(vkey))
	}
	opened, err := note.Open(read(directory, "checkpoint"), note.VerifierList(known...))
	check(err)
	if len(opened.Sigs) != len(known) {
		fail("checkpoint: expected %d good signatures, found %d", len(known), len(opened.Sigs))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		fail("checkpoint: expected origin, size and root, found %q", opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return size, root
}

// witness verifies cosignature/v1: eight bytes of time, then Ed25519 over the time and the text.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newWitness(vkey string) witness {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		fail("witness: expected name+id+key, found %q", vkey)
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	check(err)
	if len(key) != 33 || key[0] != 4 {
		fail("witness: expected a key of type 04, found %q", vkey)
	}
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	return witness{parts[0], binary.BigEndian.Uint32(digest[:4]), key[1:]}
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }

func (w witness) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(w.key, []byte(signed), sig[8:])
}

// hashEntries reads every bundle and returns the stored hashes of the tree in x/mod's own order.
func hashEntries(directory string, size int64) []tlog.Hash {
	var stored []tlog.Hash
	for first := int64(0); first < size; first += width {
		content := read(directory, place("tile/entries", first/width, min(width, size-first)))
		for index := first; index < min(first+width, size); index++ {
			if len(content) < 2 || len(content) < 2+int(binary.BigEndian.Uint16(content)) {
				fail("entry %d: its bundle ends too early", index)
			}
			end := 2 + int(binary.BigEndian.Uint16(content))
			hashes, err := tlog.StoredHashes(index, content[2:end], reader(stored))
			check(err)
			stored = append(stored, hashes...)
			content = content[end:]
		}
		if len(content) != 0 {
			fail("entry %d: its bundle has %d bytes too many", first, len(content))
		}
	}
	return stored
}

func reader(stored []tlog.Hash) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for at, index := range indexes {
			if index >= int64(len(stored)) {
				return nil, fmt.Errorf("hash %d is not stored", index)
			}
			found[at] = stored[index]
		}
		return found, nil
	})
}

// compareTiles makes every tile anew and compares the bytes; of a partial tile only the widest belongs to this size.
func compareTiles(directory string, size int64, stored []tlog.Hash) int {
	widest := map[[2]int64]tlog.Tile{}
	for _, tile := range tlog.NewTiles(height, 0, size) {
		at := [2]int64{int64(tile.L), tile.N}
		if tile.W > widest[at].W {
			widest[at] = tile
		}
	}
	for _, tile := range widest {
		made, err := tlog.ReadTileData(tile, reader(stored))
		check(err)
		if !bytes.Equal(made, read(directory, path(tile))) {
			fail("%s: differs from what the entries give", path(tile))
		}
	}
	return len(widest)
}

func path(tile tlog.Tile) string {
	return place("tile/"+strconv.Itoa(tile.L), tile.N, int64(tile.W))
}

func place(row string, number, wide int64) string {
	name := fmt.Sprintf("%03d", number%1000)
	for number /= 1000; number > 0; number /= 1000 {
		name = fmt.Sprintf("x%03d/%s", number%1000, name)
	}
	if wide < width {
		name += fmt.Sprintf(".p/%d", wide)
	}
	return row + "/" + name
}

// files serves tiles from the directory, so that proofs are made from what was published.
type files struct{ directory string }

func (f files) Height() int                          { return height }
func (f files) SaveTiles(_ []tlog.Tile, _ [][]byte) {}

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(tiles))
	for at, tile := range tiles {
		found[at] = read(f.directory, path(tile))
	}
	return found, nil
}

func proveAtRandom(size int64, root tlog.Hash, directory string, stored []tlog.Hash) int {
	chance := rand.New(rand.NewSource(size))
	published := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, files{directory})
	for number := 0; number < proofs; number++ {
		index, before := chance.Int63n(size), 1+chance.Int63n(size)
		record, err := tlog.ProveRecord(size, index, published)
		check(err)
		check(tlog.CheckRecord(record, size, root, index, stored[tlog.StoredHashIndex(0, index)]))
		earlier, err := tlog.TreeHash(before, reader(stored))
		check(err)
		grown, err := tlog.ProveTree(size, before, published)
		check(err)
		check(tlog.CheckTree(grown, size, root, before, earlier))
	}
	return 2 * proofs
}

func read(directory, name string) []byte {
	content, err := os.ReadFile(filepath.Join(directory, filepath.FromSlash(name)))
	check(err)
	return content
}

func check(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func fail(format string, words ...any) {
	fmt.Fprintf(os.Stderr, "gocheck: "+format+"\n", words...)
	os.Exit(1)
}
