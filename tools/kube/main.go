// Command kube reads Kubernetes manifests on standard input and fails when a field is unknown, misspelt
// or of the wrong type, or a kind is not known: what a chart renders is checked without a cluster, by
// the types that the API server itself decodes with.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	known := runtime.NewScheme()
	if err := errors.Join(scheme.AddToScheme(known), monitoring.AddToScheme(known)); err != nil {
		return err
	}
	decoder := serializer.NewCodecFactory(known, serializer.EnableStrict).UniversalDeserializer()
	var errs []error
	documents := yaml.NewYAMLReader(bufio.NewReader(in))
	count := 0
	for {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if empty(text) {
			continue
		}
		if _, kind, err := decoder.Decode(text, nil, nil); err != nil {
			errs = append(errs, fmt.Errorf("%v: %w", kind, err))
		}
		count++
	}
	if count == 0 {
		errs = append(errs, errors.New("there is no manifest"))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%d manifests\n", count)
	return err
}

// empty reports whether a document has comments and separators only.
func empty(text []byte) bool {
	var any map[string]any
	return yaml.Unmarshal(text, &any) == nil && len(any) == 0
}
