import Glibc
import Synchronization
import Testing

@testable import StrataIO

/// Threads that wait for work.
@Suite struct CrewTests {
    private final class Counts: Sendable {
        let begun = Atomic<Int>(0)
        let ended = Atomic<Int>(0)
    }

    private func wait(until isTrue: () -> Bool) -> Bool {
        let deadline = Deadline.after(milliseconds: 20_000)
        while !isTrue() {
            if deadline.hasPassed { return false }
            usleep(100)
        }
        return true
    }

    @Test func workIsDoneAgainAndAgain() {
        let crew = Crew(count: 3)
        for round in 0..<200 {
            let counts = Counts()
            let wanted = round % 3 + 1
            crew.begin(wanted) { counts.ended.add(1, ordering: .relaxed) }
            #expect(wait { counts.ended.load(ordering: .relaxed) == wanted })
        }
    }

    /// No more threads come than are wanted, and none comes twice.
    @Test func noMoreThanAreWanted() {
        let (crew, counts, gate) = (Crew(count: 4), Counts(), Monitor(false))
        crew.begin(2) {
            counts.begun.add(1, ordering: .relaxed)
            _ = gate.wait(until: .never) { $0 ? true : nil }
            counts.ended.add(1, ordering: .relaxed)
        }
        #expect(wait { counts.begun.load(ordering: .relaxed) == 2 })
        usleep(20_000)
        #expect(counts.begun.load(ordering: .relaxed) == 2)
        gate.change { $0 = true }
        #expect(wait { counts.ended.load(ordering: .relaxed) == 2 })
        usleep(20_000)
        #expect(counts.begun.load(ordering: .relaxed) == 2)
    }

    @Test func threadsEndWithTheirOwner() {
        weak var held: Monitor<Crew.Orders>?
        do {
            let (crew, counts) = (Crew(count: 2), Counts())
            held = crew.orders
            crew.begin(2) { counts.ended.add(1, ordering: .relaxed) }
            #expect(wait { counts.ended.load(ordering: .relaxed) == 2 })
        }
        #expect(wait { held == nil })
    }

    @Test func aCrewOfNobodyDoesNothing() {
        let counts = Counts()
        let crew = Crew(count: 0)
        crew.begin(1) { counts.begun.add(1, ordering: .relaxed) }
        usleep(5000)
        #expect(counts.begun.load(ordering: .relaxed) == 0)
    }
}
