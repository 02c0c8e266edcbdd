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
    private var found: [Found?] = []
    private var next = 0
    private let threads = Threads.processorCount

    /// The most lines that are looked ahead, and bytes of contents that are kept for them.
    private static let lines = 1024
    private static let bytes = 32 << 20
    /// Fewer are not worth a thread.
    private static let fewest = 64

    /// What was found of `id`, if it comes next and has been looked for.
    func take(_ id: ObjectID) -> Found? {
        guard next < ids.count else { return nil }
        guard ids[next] == id else {
            // The lines were not understood alike: no more than time is lost.
            next = ids.count
            return nil
        }
        defer {
            found[next] = nil
            next += 1
        }
        return found[next]
    }

    /// Whether all that was looked for has been taken.
    var isUsedUp: Bool { next == ids.count }

    /// Looks for the objects that whole lines of `input` name, each by `look` on any thread.
    func look(
        at input: ArraySlice<UInt8>, _ algorithm: HashAlgorithm, end: UInt8, splitsLines: Bool,
        _ look: @escaping @Sendable (ObjectID) -> Found
    ) {
        ids.removeAll(keepingCapacity: true)
        if threads > 1 { parse(input, algorithm, end, splitsLines) }
        lookAtAll(look)
    }

    /// Looks for the next objects of a walk.
    ///
    /// - Returns: their ids; none at the end.
    func look<E: Error>(
        along next: () throws(E) -> ObjectID?, _ look: @escaping @Sendable (ObjectID) -> Found
    ) throws(E) -> [ObjectID] {
        ids.removeAll(keepingCapacity: true)
        while ids.count < Self.lines, let id = try next() { ids.append(id) }
        defer { lookAtAll(look) }
        return ids
    }

    private func lookAtAll(_ look: @escaping @Sendable (ObjectID) -> Found) {
        found.removeAll(keepingCapacity: true)
        next = 0
        guard threads > 1, ids.count >= Self.fewest else { return ids.removeAll(keepingCapacity: true) }
        let work = Work(ids)
        Threads.run(min(threads, ids.count / Self.fewest + 1, 16)) { _ in work.run(look) }
        found = work.all()
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

    /// What the threads share.
    private final class Work: Sendable {
        private let ids: [ObjectID]
        private let next = Atomic<Int>(0)
        private let bytes = Atomic<Int>(0)
        private let found: Mutex<[Found?]>

        /// So many are taken at once.
        private static let share = 32

        init(_ ids: [ObjectID]) {
            self.ids = ids
            found = Mutex(Array(repeating: nil, count: ids.count))
        }

        func run(_ look: (ObjectID) -> Found) {
            var mine: [Found] = []
            while bytes.load(ordering: .relaxed) < BatchAhead.bytes {
                let start = next.add(Self.share, ordering: .relaxed).oldValue
                guard start < ids.count else { return }
                mine.removeAll(keepingCapacity: true)
                var size = 0
                for id in ids[start..<min(start + Self.share, ids.count)] {
                    let answer = look(id)
                    if case .success(let answer?) = answer { size += answer.contents?.bytes.count ?? 0 }
                    mine.append(answer)
                }
                bytes.add(size, ordering: .relaxed)
                found.withLock { found in
                    for (place, answer) in mine.enumerated() { found[start + place] = answer }
                }
            }
        }

        func all() -> [Found?] { found.withLock { $0 } }
    }
}
