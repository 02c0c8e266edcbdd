import Glibc
import StrataIO
import Synchronization
import TestSupport
import Testing

/// Objects that threads take, use alone and give back.
@Suite struct ThreadSlotsTests {
    /// An object that knows whether somebody uses it, and counts those that are alive.
    private final class Tool: Sendable {
        static let alive = Mutex<[Int: Int]>([:])
        let group: Int
        private let isUsed = Atomic<Bool>(false)

        init(group: Int) {
            self.group = group
            Self.alive.withLock { $0[group, default: 0] += 1 }
        }
        /// Whether it was used before.
        func use(_ begins: Bool) -> Bool { isUsed.exchange(begins, ordering: .acquiringAndReleasing) }

        deinit { Self.alive.withLock { $0[group, default: 0] -= 1 } }

        static func count(_ group: Int) -> Int { alive.withLock { $0[group] ?? 0 } }
    }

    private final class Shared: Sendable {
        let slots = ThreadSlots<Tool>()
    }

    @Test func nobodyHasWhatAnotherUses() throws {
        let group = 1
        var shared: Shared? = Shared()
        let inUse = try #require(shared)
        try concurrently(6) { thread in
            for round in 0..<20_000 {
                let tool = unsafe inUse.slots.take() ?? .passRetained(Tool(group: group))
                unsafe tool.lend { tool in
                    #expect(!tool.use(true))
                    if round % 64 == 0 { sched_yield() }
                    #expect(tool.use(false))
                }
                if thread == 0, round % 100 == 0 { inUse.slots.removeAll() }
                if unsafe inUse.slots.give(tool) == nil { unsafe tool.release() }
            }
        }
        // Each thread had one, and found it again.
        #expect((1...24).contains(Tool.count(group)))
        inUse.slots.removeAll()
        #expect(Tool.count(group) == 0)
        let last = unsafe Unmanaged.passRetained(Tool(group: group))
        #expect(unsafe inUse.slots.give(last) != nil)
        withExtendedLifetime(inUse) {}
        shared = nil
    }

    @Test func whatIsLeftGoesWithTheSlots() {
        let group = 2
        do {
            let slots = ThreadSlots<Tool>()
            // More than there is room for near by.
            let places = (0..<10).map { _ in
                let tool = unsafe Unmanaged.passRetained(Tool(group: group))
                let place = unsafe slots.give(tool)
                if place == nil { unsafe tool.release() }
                return place
            }
            #expect(Set(places.compactMap(\.self)).count == Tool.count(group))
            #expect(places.contains(nil) && Tool.count(group) > 0)
            slots.remove(at: places[0] ?? 0)
            #expect(Tool.count(group) == places.count { $0 != nil } - 1)
        }
        #expect(Tool.count(group) == 0)
    }

    /// Each thread looks in a slot of its own first, most often; all are slots that there are.
    @Test func threadsDoNotMeet() {
        let found = Mutex<Set<Int>>([])
        Threads.run(16) { _ in
            found.withLock { _ = $0.insert(ThreadSlots<Tool>.ownSlot) }
            usleep(20_000)
        }
        let places = found.withLock { $0 }
        #expect(places.allSatisfy { (0..<ThreadSlots<Tool>.count).contains($0) } && places.count > 4)
    }
}
