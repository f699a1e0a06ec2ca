// Package cache keeps values in memory for a limited time.
package cache

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"
)

// ErrNotFound says that a key is not, or no longer, there.
var ErrNotFound = errors.New("cache: not found")

const (
	defaultTTL    = 5 * time.Minute
	sweepInterval = 30 * time.Second
)

// Loader makes the value of a key that is missing.
type Loader func(ctx context.Context, key string) ([]byte, error)

type entry struct {
	key     string
	value   []byte
	expires time.Time
}

// Options of a cache; zero values mean defaults.
type Options struct {
	MaxEntries int
	TTL        time.Duration
	OnEvict    func(key string)
}

// Cache drops what was not used for longest.
type Cache struct {
	mutex    sync.Mutex
	options  Options
	order    *list.List
	elements map[string]*list.Element
	flights  map[string]*flight
	stats    Stats
}

// Stats counts what happened.
type Stats struct {
	Hits, Misses, Evictions uint64
}

type flight struct {
	done  chan struct{}
	value []byte
	err   error
}

// NewCache makes an empty cache.
func NewCache(options Options) *Cache {
	if options.TTL == 0 {
		options.TTL = defaultTTL
	}
	return &Cache{
		options:  options,
		order:    list.New(),
		elements: map[string]*list.Element{},
		flights:  map[string]*flight{},
	}
}

// Lookup returns a value that has not expired.
func (c *Cache) Lookup(key string) ([]byte, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	element, ok := c.elements[key]
	if !ok || time.Now().After(element.Value.(*entry).expires) {
		c.stats.Misses++
		return nil, ErrNotFound
	}
	c.stats.Hits++
	c.order.MoveToFront(element)
	return element.Value.(*entry).value, nil
}

// Store adds a value, and evicts the oldest above the limit.
func (c *Cache) Store(key string, value []byte) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if element, ok := c.elements[key]; ok {
		c.removeElement(element)
	}
	item := &entry{key: key, value: value, expires: time.Now().Add(c.options.TTL)}
	c.elements[key] = c.order.PushFront(item)
	for c.options.MaxEntries > 0 && c.order.Len() > c.options.MaxEntries {
		c.removeElement(c.order.Back())
		c.stats.Evictions++
	}
}

// LoadThrough asks the loader once, however many callers wait for the same key.
func (c *Cache) LoadThrough(ctx context.Context, key string, load Loader) ([]byte, error) {
	if value, err := c.Lookup(key); err == nil {
		return value, nil
	}
	c.mutex.Lock()
	if running, ok := c.flights[key]; ok {
		c.mutex.Unlock()
		select {
		case <-running.done:
			return running.value, running.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	mine := &flight{done: make(chan struct{})}
	c.flights[key] = mine
	c.mutex.Unlock()

	mine.value, mine.err = load(ctx, key)
	if mine.err == nil {
		c.Store(key, mine.value)
	}
	c.mutex.Lock()
	delete(c.flights, key)
	c.mutex.Unlock()
	close(mine.done)
	return mine.value, mine.err
}

func (c *Cache) removeElement(element *list.Element) {
	item := c.order.Remove(element).(*entry)
	delete(c.elements, item.key)
	if c.options.OnEvict != nil {
		c.options.OnEvict(item.key)
	}
}

// SweepExpired runs until the context ends.
func (c *Cache) SweepExpired(ctx context.Context) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			c.dropBefore(now)
		}
	}
}

func (c *Cache) dropBefore(now time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for element := c.order.Back(); element != nil; {
		previous := element.Prev()
		if now.After(element.Value.(*entry).expires) {
			c.removeElement(element)
		}
		element = previous
	}
}

// Snapshot returns the counters.
func (c *Cache) Snapshot() Stats {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.stats
}
