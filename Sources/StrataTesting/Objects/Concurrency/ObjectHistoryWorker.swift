import StrataModel
import StrataObjects

/// One thread of a concurrent history of objects: makes random calls, each of which is judged by what the ledger had before it and has after it.
struct ObjectHistoryWorker {
    let thread: Int
    let store: any ObjectStore
    let trial: ObjectTrial
    let objects: ConcurrentObjects
    let ledger: ObjectLedger
    let recorder: HistoryRecorder
    private var random: SeededNumbers

    init(
        thread: Int, store: any ObjectStore, trial: ObjectTrial, objects: ConcurrentObjects, ledger: ObjectLedger,
        recorder: HistoryRecorder, seed: UInt64
    ) {
        self.thread = thread
        self.store = store
        self.trial = trial
        self.objects = objects
        self.ledger = ledger
        self.recorder = recorder
        random = SeededNumbers(seed: seed &+ UInt64(thread) &* 0x1_0001)
    }

    mutating func run(steps: Int) {
        let canWrite = store.capabilities.contains(.writes)
        for _ in 0..<steps {
            switch random.below(20) {
            case ..<8 where canWrite: write(random.below(objects.contents.count))
            case ..<13: readWhatIsThere()
            case 13, 14: lookAtAny()
            case 15, 16: walk()
            case 17: abbreviate()
            case 18: distinguish()
            default: pin()
            }
        }
    }

    /// Makes a call and judges it.
    private func call(_ check: String, _ text: String, _ body: () throws -> Void) {
        _ = recorder.call(thread, text) {
            do { try body() } catch {
                let finding = (error as? LawBroken)?.finding ?? "it fails: \(error)"
                recorder.fail(check, finding, ["thread \(thread): \(text)"])
            }
        }
    }

    // MARK: Calls

    private mutating func write(_ object: Int) {
        let contents = objects.contents[object]
        let isStreamed = random.oneIn(2)
        let piece = random.pick([500, 20_000, 1 << 20])
        call(ConcurrentObjectCheck.writing, "write object \(object)" + (isStreamed ? " as a stream" : "")) {
            ledger.begin(object)
            let id =
                isStreamed
                ? try store.write(PieceStream(contents, piece: piece), durability: nil)
                : try store.write(contents.kind, contents.bytes.span, durability: nil)
            try trial.expect(id, objects.ids[object], "the id of object \(object)")
            ledger.acknowledge(object)
        }
    }

    private mutating func readWhatIsThere() {
        guard let object = ledger.now.acknowledged.randomElement(using: &random) else { return lookAtAny() }
        call(ConcurrentObjectCheck.reading, "read object \(object)") {
            try trial.expectThere(objects.contents[object], in: store, "though its writing was acknowledged")
        }
    }

    /// Reads what may be there, be written just now, or be absent.
    private mutating func lookAtAny() {
        let object = random.below(objects.contents.count)
        let (id, contents) = (objects.ids[object], objects.contents[object])
        call(ConcurrentObjectCheck.reading, "look at object \(object)") {
            let before = ledger.now.acknowledged
            let read = try store.read(id, limit: ObjectTrial.limit)
            let header = try store.header(of: id)
            if let read {
                try trial.expect(read.kind, contents.kind, "the kind of object \(object)")
                try trial.expectBytes(read.bytes, contents.bytes, "object \(object)")
                try trial.expect(header != nil, "object \(object) was read and is gone")
            } else {
                try trial.expect(!before.contains(object), "object \(object) is lost")
            }
            if let header {
                let expected = ObjectHeader(kind: contents.kind, size: UInt64(contents.bytes.count))
                try trial.expect(header, expected, "the header of object \(object)")
                let isBegun = ledger.now.begun.contains(object) || id == .emptyTree(trial.algorithm)
                try trial.expect(isBegun, "object \(object) is there, which nobody has written")
            }
        }
    }

    private mutating func walk() {
        let walk = random.pick(ObjectHistoryStep.Walk.allCases)
        call(ConcurrentObjectCheck.walks, "walk \(walk)") {
            let before = objects.ids(of: ledger.now.acknowledged)
            let cursor = try store.cursor(walk.order)
            var given: [ObjectID] = []
            while let id = try cursor.next() {
                given.append(id)
                try trial.expect(
                    try cursor.info([.kind, .size]) != nil, "nothing is known of an object that is listed")
            }
            try expect(Set(given), holds: before, "a walk \(walk)")
            if walk != .repeating { try trial.expect(Set(given).count, given.count, "the number of different ids") }
            if walk == .byID { try trial.expect(given == given.sorted(), "a walk by id is out of order") }
        }
    }

    private mutating func abbreviate() {
        let object = random.below(objects.contents.count)
        let digits = objects.ids[object].hex.prefix(random.pick([0, 2, 4, 5, 12]))
        call(ConcurrentObjectCheck.abbreviations, "look for '\(digits)'") {
            let before = objects.ids(of: ledger.now.acknowledged).filter { $0.hex.hasPrefix(digits) }
            let found = try store.ids(startingWith: trial.prefix(digits), atMost: .max)
            try trial.expect(found == Set(found).sorted(), "what '\(digits)' stands for is out of order")
            try trial.expect(found.allSatisfy { $0.hex.hasPrefix(digits) }, "others than '\(digits)' are found")
            try expect(Set(found), holds: before, "what '\(digits)' stands for")
        }
    }

    private mutating func distinguish() {
        let id = objects.ids[random.below(objects.contents.count)]
        call(ConcurrentObjectCheck.abbreviations, "ask for the digits of \(id)") {
            let before = needed(id, among: ledger.now.acknowledged)
            let found = try store.distinguishingDigits(of: id)
            let after = needed(id, among: ledger.now.begun)
            try trial.expect(before < 3 || found >= before, "\(found) digits instead of \(before)")
            try trial.expect(found <= after, "\(found) digits instead of \(after)")
        }
    }

    private func needed(_ id: ObjectID, among others: Set<Int>) -> Int {
        others.map { objects.ids[$0] }.filter { $0 != id }.map { $0.sharedDigits(id) + 1 }.max() ?? 0
    }

    private mutating func pin() {
        guard store.capabilities.contains(.pins) else { return readWhatIsThere() }
        call(ConcurrentObjectCheck.pins, "pin, and read all") {
            let before = ledger.now.acknowledged
            let pinned = try store.pinned()
            HistoryScript.pause()
            for object in before.sorted() {
                try trial.expectThere(objects.contents[object], in: pinned, "in a pinned store")
            }
        }
    }

    /// What is found has all of `before`, and nothing that nobody has begun to write.
    private func expect(_ found: Set<ObjectID>, holds before: Set<ObjectID>, _ what: String) throws {
        let missing = before.subtracting(found)
        try trial.expect(
            missing.isEmpty, "\(what) misses \(missing.count) of \(before.count) objects that were written")
        let begun = objects.ids(of: ledger.now.begun)
        try trial.expect(found.isSubset(of: begun), "\(what) has objects that nobody has written")
    }
}
