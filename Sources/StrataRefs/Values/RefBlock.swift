import StrataModel

/// Bytes in one place that never move nor change: what views of references look into.
@safe
public final class RefBlock: Sendable {
    // Sendable: written only by the initialiser, before anyone else can see the block.
    @usableFromInline nonisolated(unsafe) let base: UnsafeMutablePointer<UInt8>
    @usableFromInline let count: Int

    /// A copy of `bytes`.
    public init(_ bytes: some Collection<UInt8>) {
        count = bytes.count
        unsafe base = .allocate(capacity: max(1, bytes.count))
        _ = unsafe UnsafeMutableBufferPointer(start: base, count: count).initialize(fromContentsOf: bytes)
    }

    deinit { unsafe base.deallocate() }

    /// The bytes from `range` on; the range must lie inside.
    @unsafe
    @inlinable
    public func buffer(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the block")
        return unsafe UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
    }
}

/// An immutable run of references in one block, in the order in which they were added: what stores that read their
/// references whole (a directory, an array) hand to their cursors.
public final class RefRun: Sendable {
    struct Record: Sendable {
        let name: Range<Int>
        let value: Range<Int>
        let peeled: Int?
        let form: RefView.Form
        let flags: RefView.Flags
    }

    let block: RefBlock
    let records: [Record]

    init(block: RefBlock, records: [Record]) {
        self.block = block
        self.records = records
    }

    /// How many references the run has.
    public var count: Int { records.count }

    /// The memory that it takes.
    var byteCount: Int { block.count + records.count * MemoryLayout<Record>.stride }

    /// The reference at `index`, which must be below ``count``.
    public subscript(index: Int) -> RefView {
        let record = records[index]
        return unsafe RefView(
            owner: block, name: block.buffer(record.name), value: block.buffer(record.value),
            peeled: record.peeled.map { unsafe UnsafePointer(block.base + $0) }, form: record.form, flags: record.flags)
    }

    /// The index of the first reference whose name is not before `name`. The run must be sorted.
    public func lowerBound(_ name: Span<UInt8>) -> Int {
        var (low, high) = (0, records.count)
        while low < high {
            let middle = (low + high) / 2
            let other = self[middle]
            if RefNameOrder.compare(other.name, name) < 0 { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Collects references for a ``RefRun``.
public struct RefRunBuilder {
    private var bytes: [UInt8] = []
    private var records: [RefRun.Record] = []

    public init() {}

    /// How many references were added.
    public var count: Int { records.count }

    /// The memory that the run will take.
    var byteCount: Int { bytes.count + records.count * MemoryLayout<RefRun.Record>.stride }

    /// Adds a reference.
    public mutating func append(name: [UInt8], value: RefValue, flags: RefView.Flags = []) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        let valueStart = bytes.count
        var peeledStart: Int?
        var form = RefView.Form.raw
        var flags = flags
        switch value {
        case .object(let id, let peeled):
            bytes.append(contentsOf: id.bytes)
            if let peeled {
                peeledStart = bytes.count
                bytes.append(contentsOf: peeled.bytes)
            }
        case .symbolic(let target):
            form = .symbolic
            bytes.append(contentsOf: target)
        case .broken(let why):
            form = .broken
            if why == .badName { flags.insert(.badName) }
        }
        records.append(
            RefRun.Record(
                name: start..<valueStart, value: valueStart..<(peeledStart ?? bytes.count), peeled: peeledStart,
                form: form,
                flags: flags))
    }

    /// The run, sorted by name; of equal names the one added last comes last.
    public consuming func sorted() -> RefRun {
        let block = RefBlock(bytes)
        let ordered = records.sorted { a, b in
            unsafe RefNameOrder.compare(
                Span(_unsafeElements: block.buffer(a.name)), Span(_unsafeElements: block.buffer(b.name))) < 0
        }
        return RefRun(block: block, records: ordered)
    }

    /// The run in the order of adding, which the caller knows to be sorted.
    public consuming func finished() -> RefRun { RefRun(block: RefBlock(bytes), records: records) }
}
