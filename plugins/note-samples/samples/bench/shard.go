// Package shard spreads keys over nodes by consistent hashing.
package shard

import (
	"errors"
	"fmt"
	"hash/fnv"
	"sort"
	"sync"
)

const defaultReplicas = 64

// ErrNoNodes is returned when the ring is empty.
var ErrNoNodes = errors.New("shard: no nodes")

// Node takes part in the ring with a weight.
type Node struct {
	Name   string
	Weight int
}

type point struct {
	hash uint32
	node string
}

// Ring is safe for use by several goroutines.
type Ring struct {
	mu       sync.RWMutex
	replicas int
	points   []point
	nodes    map[string]Node
}

// NewRing makes a ring; zero replicas mean the default.
func NewRing(replicas int) *Ring {
	if replicas <= 0 {
		replicas = defaultReplicas
	}
	return &Ring{replicas: replicas, nodes: make(map[string]Node)}
}

// Join adds nodes, or changes the weight of those that are there.
func (r *Ring) Join(nodes ...Node) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, node := range nodes {
		if node.Weight < 1 {
			node.Weight = 1
		}
		r.nodes[node.Name] = node
	}
	r.rebuild()
}

// Leave takes a node out.
func (r *Ring) Leave(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.nodes[name]; !ok {
		return false
	}
	delete(r.nodes, name)
	r.rebuild()
	return true
}

func (r *Ring) rebuild() {
	r.points = r.points[:0]
	for _, node := range r.nodes {
		for i := 0; i < r.replicas*node.Weight; i++ {
			r.points = append(r.points, point{hashOf(fmt.Sprintf("%s#%d", node.Name, i)), node.Name})
		}
	}
	sort.Slice(r.points, func(i, j int) bool { return r.points[i].hash < r.points[j].hash })
}

// Owner names the node of a key.
func (r *Ring) Owner(key string) (string, error) {
	owners, err := r.Owners(key, 1)
	if err != nil {
		return "", err
	}
	return owners[0], nil
}

// Owners names distinct nodes for a key and its copies, at most as many as there are.
func (r *Ring) Owners(key string, copies int) ([]string, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.points) == 0 {
		return nil, ErrNoNodes
	}
	wanted := hashOf(key)
	start := sort.Search(len(r.points), func(i int) bool { return r.points[i].hash >= wanted })
	seen := make(map[string]bool, copies)
	var owners []string
	for i := 0; i < len(r.points) && len(owners) < copies; i++ {
		candidate := r.points[(start+i)%len(r.points)]
		if !seen[candidate.node] {
			seen[candidate.node] = true
			owners = append(owners, candidate.node)
		}
	}
	return owners, nil
}

// Balance tells how many of the keys each node would own.
func (r *Ring) Balance(keys []string) map[string]int {
	counts := make(map[string]int)
	for _, key := range keys {
		if owner, err := r.Owner(key); err == nil {
			counts[owner]++
		}
	}
	return counts
}

func hashOf(text string) uint32 {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(text))
	return sum.Sum32()
}
