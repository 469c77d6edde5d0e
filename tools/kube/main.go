// Command kube reads Kubernetes manifests on standard input and fails when a field is unknown, misspelt
// or of the wrong type, or a kind is not known: what a chart renders is checked without a cluster, by
// the types that the API server itself decodes with. It fails as well when a replica would be ended for
// its memory before it admits less for it.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
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
		what, kind, err := decoder.Decode(text, nil, nil)
		if err != nil {
			errs = append(errs, fmt.Errorf("%v: %w", kind, err))
		}
		if d, ok := what.(*apps.Deployment); ok && err == nil {
			errs = append(errs, fitsMemory(d))
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

// fitsMemory returns an error unless a replica admits less from between a half and 85 per cent of the memory on
// at which the kernel ends it, where it has such a limit.
func fitsMemory(d *apps.Deployment) error {
	for _, c := range d.Spec.Template.Spec.Containers {
		limit := c.Resources.Limits.Memory().Value()
		if limit == 0 {
			continue
		}
		admits := int64(1024) // MiB, when nothing is said
		for _, e := range c.Env {
			if e.Name != "PERFORMANCE_MEMORY_LIMIT" {
				continue
			}
			var err error
			if admits, err = strconv.ParseInt(e.Value, 10, 64); err != nil {
				return fmt.Errorf("%s: PERFORMANCE_MEMORY_LIMIT: %w", c.Name, err)
			}
		}
		if share := float64(admits<<20) / float64(limit); share < 0.5 || share > 0.85 {
			return fmt.Errorf("%s admits less from %d MiB on and may have %d", c.Name, admits, limit>>20)
		}
	}
	return nil
}

// empty reports whether a document has comments and separators only.
func empty(text []byte) bool {
	var any map[string]any
	return yaml.Unmarshal(text, &any) == nil && len(any) == 0
}
