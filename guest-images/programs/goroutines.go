// Goroutines on several OS threads: channels, timers, maps, a garbage collection, strings; the output is always the same.
// freeze-every: 150
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

// A pipeline of stages over channels.
func pipeline(stages, numbers int) int {
	source := make(chan int)
	in := source
	for i := 0; i < stages; i++ {
		out := make(chan int, 2)
		go func(in <-chan int, out chan<- int) {
			for value := range in {
				out <- value + 1
			}
			close(out)
		}(in, out)
		in = out
	}
	go func() {
		for i := 0; i < numbers; i++ {
			source <- i
		}
		close(source)
	}()
	sum := 0
	for value := range in {
		sum += value
	}
	return sum
}

// Workers locked to OS threads of their own, which take turns.
func lockedThreads(count, turns int) string {
	var order strings.Builder
	var wait sync.WaitGroup
	baton := make([]chan int, count)
	for i := range baton {
		baton[i] = make(chan int)
	}
	for i := 0; i < count; i++ {
		wait.Add(1)
		go func(me int) {
			runtime.LockOSThread()
			defer wait.Done()
			for turn := range baton[me] {
				fmt.Fprintf(&order, "%d", me)
				if turn+1 == turns {
					for _, other := range baton {
						close(other)
					}
					return
				}
				go func() { baton[(me+1)%count] <- turn + 1 }()
			}
		}(i)
	}
	baton[0] <- 0
	wait.Wait()
	return order.String()
}

func timers() string {
	fired := make(chan int)
	for i := 3; i >= 1; i-- {
		i := i
		time.AfterFunc(time.Duration(i*60)*time.Millisecond, func() { fired <- i })
	}
	var order []string
	for i := 0; i < 3; i++ {
		select {
		case which := <-fired:
			order = append(order, fmt.Sprint(which))
		case <-time.After(time.Minute):
			return "timeout"
		}
	}
	sort.Strings(order)
	return strings.Join(order, " ")
}

func mapsAndGarbage() (int, int) {
	words := map[string]int{}
	kept := 0
	for round := 0; round < 5; round++ {
		for i := 0; i < 2000; i++ {
			words[fmt.Sprintf("word-%d", i%500)] += i
		}
		blocks := make([][]byte, 0, 64)
		for i := 0; i < 64; i++ {
			blocks = append(blocks, make([]byte, 16<<10))
			blocks[i][i] = byte(i)
		}
		for i, block := range blocks {
			kept += int(block[i])
		}
		runtime.GC()
	}
	sum := 0
	for _, value := range words {
		sum += value
	}
	return sum, kept
}

func recovered() (message string) {
	defer func() { message = fmt.Sprint(recover()) }()
	var nothing *struct{ value int }
	return fmt.Sprint(nothing.value) // a real SIGSEGV, which the runtime makes a panic of
}

// A goroutine that never calls anything is preempted by a signal.
func busy() int {
	runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(4)
	stop := false
	var lock sync.Mutex
	go func() {
		lock.Lock()
		stop = true
		lock.Unlock()
	}()
	spins := 0
	for {
		for i := 0; i < 1000; i++ {
			spins++
		}
		lock.Lock()
		done := stop
		lock.Unlock()
		if done {
			return 1
		}
		runtime.Gosched()
	}
}

func main() {
	runtime.GOMAXPROCS(4)
	fmt.Println("pipeline", pipeline(10, 200))
	fmt.Println("threads", lockedThreads(4, 24))
	fmt.Println("timers", timers())
	sum, kept := mapsAndGarbage()
	fmt.Println("maps", sum, kept)
	fmt.Println("fault", recovered())
	fmt.Println("busy", busy())
	if len(os.Args) > 0 {
		fmt.Println("EXIT-SUCCESS")
	}
}
