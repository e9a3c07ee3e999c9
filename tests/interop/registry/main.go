// Registry serves one of two independent registries that have the referrers API, in memory, on a free loopback port.
//
// It prints its address as the first line and ends when its standard input does, so that it never outlives a test.
//
//	registry ociregistry            says OCI-Subject, as the specification asks
//	registry go-containerregistry   lists referrers without saying OCI-Subject, and calls them by their config's type
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"cuelabs.dev/go/oci/ociregistry/ocimem"
	"cuelabs.dev/go/oci/ociregistry/ociserver"
	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	handler, err := named(os.Args[1:])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(http.Serve(listener, handler))
}

func named(words []string) (http.Handler, error) {
	if len(words) == 1 {
		switch words[0] {
		case "ociregistry":
			return ociserver.New(ocimem.New(), nil), nil
		case "go-containerregistry":
			quiet := log.New(io.Discard, "", 0)
			return registry.New(registry.WithReferrersSupport(true), registry.Logger(quiet)), nil
		}
	}
	return nil, fmt.Errorf("expected ociregistry or go-containerregistry, found %q", words)
}
