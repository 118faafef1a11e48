package main

import (
	"fmt"
	"strconv"

	"gopkg.in/yaml.v3"
)

// checkOrder refuses an overlay that gives the properties of a schema another order than the document does. Without an
// order the generator sorts fields by name.
func checkOrder(content []byte, overlaid *yaml.Node) error {
	plain := new(yaml.Node)
	if err := yaml.Unmarshal(content, plain); err != nil {
		return err
	}
	for schema, value := range pairs(child(plain, "components", "schemas")) {
		var names []string
		for name := range pairs(child(value, "properties")) {
			names = append(names, name)
		}
		if len(names) < 2 {
			continue
		}
		for i, name := range names {
			order := child(overlaid, "components", "schemas", schema, "properties", name, "x-order")
			if order == nil || order.Value != strconv.Itoa(i+1) {
				return fmt.Errorf("gen/%s: give the property %q of %s its place in the document, x-order: %d", facade, name, schema, i+1)
			}
		}
	}
	return nil
}
