import StrataModel
import StrataObjects

/// Runs a history on a store, with the set of what has been written beside it, and compares after every step.
struct ObjectHistoryRun {
    private let trial: ObjectTrial
    private let pool: ObjectHistoryPool
    /// What has been written.
    private var known: Set<Int> = []
    private var walk: OpenWalk?
    private var pinned: [(store: any ObjectStore, known: Set<Int>)] = []

    /// A walk that has been begun, what there was then, and what it has given.
    private struct OpenWalk {
        let walk: ObjectHistoryStep.Walk
        let cursor: any ObjectCursor
        let known: Set<Int>
        var given: [ObjectID] = []
    }

    private init(_ trial: ObjectTrial, _ pool: ObjectHistoryPool) {
        self.trial = trial
        self.pool = pool
    }

    /// Runs `history` on a new store.
    ///
    /// - Returns: where the store first does what it should not, and what; nil when it never does.
    static func firstDifference(
        _ history: [ObjectHistoryStep], _ pool: ObjectHistoryPool, _ makeTrial: () throws -> ObjectTrial
    ) throws -> (step: Int, finding: String)? {
        var run = ObjectHistoryRun(try makeTrial(), pool)
        for (index, step) in history.enumerated() {
            do {
                try run.perform(step)
                try run.compare()
            } catch let error as LawBroken {
                return (index, error.finding)
            } catch {
                return (index, "it fails: \(error)")
            }
        }
        return nil
    }

    private mutating func perform(_ step: ObjectHistoryStep) throws {
        switch step {
        case .write(let object, let throughWriter):
            let (store, contents) = (door(throughWriter), pool.contents[object])
            let id = try store.write(contents.kind, contents.bytes.span, durability: nil)
            try wrote(object, id)
        case .writeStream(let object, let piece, let throughWriter):
            let stream = PieceStream(pool.contents[object], piece: piece)
            try wrote(object, door(throughWriter).write(stream, durability: nil))
        case .writeWrongStream(let object, let off): try writeWrongStream(object, off)
        case .read(let object): try read(object)
        case .stream(let object, let pieces): try stream(object, pieces)
        case .readTooLarge(let object): try readTooLarge(object)
        case .list(let walk):
            var all = OpenWalk(walk: walk, cursor: try trial.store.cursor(walk.order), known: known)
            all.given = try trial.rest(of: all.cursor)
            try check(all)
        case .beginWalk(let kind):
            walk = OpenWalk(walk: kind, cursor: try trial.store.cursor(kind.order), known: known)
        case .goOn(let count):
            for _ in 0..<count { if let id = try walk?.cursor.next() { walk?.given.append(id) } }
        case .endWalk:
            guard var open = walk else { return }
            open.given += try trial.rest(of: open.cursor)
            walk = nil
            try check(open)
        case .abbreviate(let object, let digits, let count):
            let digits = pool.ids[object].hex.prefix(digits)
            try trial.expectIDs(
                try trial.ids(digits, atMost: count), Array(pool.found(known, digits).prefix(count)),
                "what '\(digits)' stands for")
        case .distinguish(let object): try distinguish(object)
        case .pin: pinned = pinned.suffix(2) + [(try trial.store.pinned(), known)]
        case .checkPins:
            for (store, known) in pinned {
                try trial.expectThere(known.sorted().map { pool.contents[$0] }, in: store, "in a pinned store")
            }
        case .upkeep: try trial.upkeep?()
        }
    }

    private func door(_ throughWriter: Bool) -> any ObjectStore { throughWriter ? trial.writer : trial.store }

    private mutating func wrote(_ object: Int, _ id: ObjectID) throws {
        try trial.expect(id, pool.ids[object], "the id of object \(object)")
        known.insert(object)
        try trial.expectThere(pool.contents[object], "when it has been written")
    }

    private func writeWrongStream(_ object: Int, _ off: Int) throws {
        let contents = pool.contents[object]
        let size = contents.bytes.count + off
        guard size >= 0 else { return }
        let stream = PieceStream(contents, piece: 30_000, declaring: size)
        let error = try trial.error("a stream of a wrong size") { () throws(ObjectError) in
            _ = try trial.store.write(stream, durability: nil)
        }
        try trial.expect(error.code, .refused, "the code of the error")
    }

    private func isThere(_ object: Int) -> Bool { known.contains(object) }

    private func read(_ object: Int) throws {
        if isThere(object) {
            try trial.expectThere(pool.contents[object])
        } else if pool.ids[object] != .emptyTree(trial.algorithm) {
            try trial.expectAbsent(pool.ids[object])
        }
    }

    private func stream(_ object: Int, _ pieces: Int) throws {
        guard isThere(object) else { return try read(object) }
        guard let stream = try trial.store.stream(pool.ids[object], limit: ObjectTrial.limit) else {
            throw LawBroken("there is no stream of object \(object)")
        }
        var (found, chunk): ([UInt8], [UInt8]) = ([], [])
        for _ in 0..<pieces { if try stream.next(&chunk) { found += chunk } }
        try trial.expectBytes(
            found, Array(pool.contents[object].bytes.prefix(found.count)), "the first pieces of object \(object)")
    }

    private func readTooLarge(_ object: Int) throws {
        let count = pool.contents[object].bytes.count
        guard isThere(object), count > 0 else { return try read(object) }
        let error = try trial.error("reading less than all of object \(object)") { () throws(ObjectError) in
            _ = try trial.store.read(pool.ids[object], limit: count - 1)
        }
        try trial.expect(error.code, .tooLarge, "the code of the error")
    }

    private func distinguish(_ object: Int) throws {
        let id = pool.ids[object]
        let needed = known.map { pool.ids[$0] }.filter { $0 != id }.map { $0.sharedDigits(id) + 1 }.max() ?? 0
        let found = try trial.store.distinguishingDigits(of: id)
        try trial.expect(
            needed < 3 ? found <= needed : found == needed, "\(found) digits of object \(object) instead of \(needed)")
    }

    /// What was there when the walk began must be given, and nothing that has never been.
    private func check(_ open: OpenWalk) throws {
        let given = Set(open.given)
        for object in open.known.sorted() where !given.contains(pool.ids[object]) {
            throw LawBroken("a walk \(open.walk) misses object \(object)")
        }
        let all = Set(known.map { pool.ids[$0] })
        if let id = given.subtracting(all).min() {
            throw LawBroken("a walk \(open.walk) gives \(id), which is not there")
        }
        if open.walk != .repeating {
            try trial.expect(given.count, open.given.count, "the number of different objects of a walk \(open.walk)")
        }
        if open.walk == .byID { try trial.expect(open.given == open.given.sorted(), "a walk by id is out of order") }
    }

    /// What is there is there, and nothing else.
    private func compare() throws {
        for object in 0..<pool.count where pool.ids[object] != .emptyTree(trial.algorithm) {
            let found = try trial.store.header(of: pool.ids[object])
            let contents = pool.contents[object]
            let header = ObjectHeader(kind: contents.kind, size: UInt64(contents.bytes.count))
            try trial.expect(found, isThere(object) ? header : nil, "the header of object \(object) afterwards")
        }
    }
}
