import StrataIO
import StrataModel
import StrataObjects
import Synchronization

/// Looks objects up on all processors, those that the input already names in full or that come next in a walk, before it is their turn.
///
/// Answers are given in the order of the lines, by one thread, and nobody waits for a line that is not there yet: what is asked one by one is
/// answered one by one.
final class BatchAhead {
    /// What a look at an object came to.
    typealias Found = Result<(info: ObjectInfo, contents: ObjectContents?)?, ObjectError>

    private var ids: [ObjectID] = []
    private var next = 0
    private var work: Work?
    /// What came of the share that the next belongs to.
    private var found: [Found] = []
    private let crew = Crew(count: min(Threads.processorCount, mostThreads) - 1)

    /// The most lines that are looked ahead, and bytes of contents that are kept for them.
    private static let lines = 1024
    private static let bytes = 32 << 20
    /// Fewer are not worth a thread.
    private static let fewest = 64
    private static let mostThreads = 16

    deinit { work?.stop() }

    /// What was found of `id`, if it comes next and has been looked for.
    func take(_ id: ObjectID) -> Found? {
        guard let work else { return nil }
        guard ids[next] == id else {
            // The lines were not understood alike: no more than time is lost.
            end()
            return nil
        }
        let place = next % Work.share
        if place == 0 { found = work.finish(next / Work.share) }
        let answer = place < found.count ? found[place] : nil
        next += 1
        if next == ids.count { end() }
        return answer
    }

    /// Whether all that was looked for has been taken.
    var isUsedUp: Bool { work == nil }

    private func end() {
        work?.stop()
        work = nil
        found = []
    }

    /// Looks for the objects that whole lines of `input` name, each by `look` on any thread.
    func look(
        at input: ArraySlice<UInt8>, _ algorithm: HashAlgorithm, end: UInt8, splitsLines: Bool,
        _ look: @escaping @Sendable (ObjectID) -> Found
    ) {
        ids.removeAll(keepingCapacity: true)
        if Threads.processorCount > 1 { parse(input, algorithm, end, splitsLines) }
        begin(look)
    }

    /// Looks for the next objects of a walk.
    ///
    /// - Returns: their ids; none at the end.
    func look<E: Error>(
        along next: () throws(E) -> ObjectID?, _ look: @escaping @Sendable (ObjectID) -> Found
    ) throws(E) -> [ObjectID] {
        ids.removeAll(keepingCapacity: true)
        while ids.count < Self.lines, let id = try next() { ids.append(id) }
        defer { begin(look) }
        return ids
    }

    private func begin(_ look: @escaping @Sendable (ObjectID) -> Found) {
        end()
        next = 0
        guard Threads.processorCount > 1, ids.count >= Self.fewest else { return }
        let work = Work(ids, look)
        crew.begin(ids.count / Self.fewest) { work.help() }
        self.work = work
    }

    private func parse(_ input: ArraySlice<UInt8>, _ algorithm: HashAlgorithm, _ end: UInt8, _ splitsLines: Bool) {
        let count = algorithm.hexCount
        let bytes = input.span
        var place = 0
        while ids.count < Self.lines, place + count < bytes.count {
            let after = bytes[place + count]
            guard after == end || splitsLines && (after == 0x20 || after == 0x09),
                let id = ObjectID(hex: bytes.extracting(place..<place + count))
            else { return }
            ids.append(id)
            place += count
            while place < bytes.count, bytes[place] != end { place += 1 }
            place += 1
        }
    }

    /// What the threads share: the ids are taken in shares, in their order, by whoever has nothing to do, and by the one that answers when it comes to a
    /// share that is not done.
    private final class Work: Sendable {
        private let ids: [ObjectID]
        private let look: @Sendable (ObjectID) -> Found
        /// The next share that nobody has taken.
        private let next = Atomic<Int>(0)
        /// The bytes of all contents so far.
        private let bytes = Atomic<Int>(0)
        private let done: Monitor<[[Found]?]>

        /// So many are taken at once.
        static let share = 32

        init(_ ids: [ObjectID], _ look: @escaping @Sendable (ObjectID) -> Found) {
            self.ids = ids
            self.look = look
            done = Monitor(Array(repeating: nil, count: (ids.count + Self.share - 1) / Self.share))
        }

        /// No more shares are taken.
        func stop() { next.store(ids.count, ordering: .relaxed) }

        /// Takes shares for as long as there are any, and room for what they give.
        func help() {
            while bytes.load(ordering: .relaxed) < BatchAhead.bytes, takeShare() {}
        }

        /// What came of a share, perhaps not to its end.
        func finish(_ number: Int) -> [Found] {
            func take(_ done: inout [[Found]?]) -> [Found]? {
                defer { done[number] = nil }
                return done[number]
            }
            while true {
                if let found = done.withLock(take) { return found }
                // Rather than wait for another thread, do what comes after.
                if !takeShare() { return done.wait(until: .never, for: take) ?? [] }
            }
        }

        private func takeShare() -> Bool {
            let number = next.add(1, ordering: .relaxed).oldValue
            let start = number * Self.share
            guard start < ids.count else { return false }
            var found: [Found] = []
            for id in ids[start..<min(start + Self.share, ids.count)] {
                if bytes.load(ordering: .relaxed) >= BatchAhead.bytes { break }
                let answer = look(id)
                if case .success(let answer?) = answer, let contents = answer.contents {
                    bytes.add(contents.bytes.count, ordering: .relaxed)
                }
                found.append(answer)
            }
            done.change { $0[number] = found }
            return true
        }
    }
}
