import StrataModel

/// How a reference lies in a ``RefCacheTable``: a head, the name, what it holds, all in whole words.
enum RefCacheEntry {
    /// The head: the name's length in the lower half, the kind and two flags above.
    struct Head {
        let word: UInt64

        init(_ word: UInt64) { self.word = word }

        init(nameCount: Int, _ kind: Kind, isSHA256: Bool = false, isPeeled: Bool = false) {
            word =
                UInt64(UInt32(truncatingIfNeeded: nameCount)) | UInt64(kind.rawValue) << 32
                | (isSHA256 ? 1 << 40 : 0) | (isPeeled ? 1 << 41 : 0)
        }

        var nameCount: Int { Int(UInt32(truncatingIfNeeded: word)) }
        var nameWords: Int { (nameCount &+ 7) >> 3 }
        var kind: Kind { Kind(rawValue: UInt8(truncatingIfNeeded: word >> 32)) ?? .absent }
        var algorithm: HashAlgorithm { word & (1 << 40) == 0 ? .sha1 : .sha256 }
        var isPeeled: Bool { word & (1 << 41) != 0 }
        var idWords: Int { word & (1 << 40) == 0 ? 3 : 4 }
    }

    enum Kind: UInt8 {
        /// There is no such reference.
        case absent
        /// The words of an id, and of the peeled one if there is one.
        case object
        /// The number of the target's bytes, and those.
        case symbolic
        case brokenContent
        case brokenName
    }

    /// How many words the entry takes whose head is at `index`.
    static func count(_ words: [UInt64], at index: Int) -> Int {
        let head = Head(words[index])
        let start = 1 + head.nameWords
        switch head.kind {
        case .object: return start + (head.isPeeled ? 2 : 1) * head.idWords
        case .symbolic: return start + 1 + (Int(truncatingIfNeeded: words[index + start]) + 7) / 8
        case .absent, .brokenContent, .brokenName: return start
        }
    }

    /// How many words `name` with `value` takes.
    static func count(nameCount: Int, _ value: RefValue?) -> Int {
        let start = 1 + (nameCount + 7) / 8
        switch value {
        case .object(let id, let peeled): return start + (peeled == nil ? 1 : 2) * (id.algorithm == .sha1 ? 3 : 4)
        case .symbolic(let target): return start + 1 + (target.count + 7) / 8
        case nil, .broken: return start
        }
    }

    /// Adds `name` with `value`, nil for one that does not exist.
    @unsafe
    static func append(_ name: UnsafeBufferPointer<UInt8>, _ value: RefValue?, to words: inout [UInt64]) {
        let count = name.count
        switch value {
        case nil: words.append(Head(nameCount: count, .absent).word)
        case .broken(.content): words.append(Head(nameCount: count, .brokenContent).word)
        case .broken(.badName): words.append(Head(nameCount: count, .brokenName).word)
        case .symbolic: words.append(Head(nameCount: count, .symbolic).word)
        case .object(let id, let peeled):
            words.append(
                Head(nameCount: count, .object, isSHA256: id.algorithm == .sha256, isPeeled: peeled != nil).word)
        }
        unsafe append(name, to: &words)
        switch value {
        case nil, .broken: return
        case .symbolic(let target):
            words.append(UInt64(target.count))
            unsafe target.withUnsafeBufferPointer { unsafe append($0, to: &words) }
        case .object(let id, let peeled):
            append(id, to: &words)
            if let peeled { append(peeled, to: &words) }
        }
    }

    private static func append(_ id: ObjectID, to words: inout [UInt64]) {
        words.append(id.word0)
        words.append(id.word1)
        words.append(id.word2)
        if id.algorithm == .sha256 { words.append(id.word3) }
    }

    @unsafe
    private static func append(_ bytes: UnsafeBufferPointer<UInt8>, to words: inout [UInt64]) {
        for at in stride(from: 0, to: bytes.count, by: 8) { unsafe words.append(RefNameHash.word(bytes, at)) }
    }

    /// Whether the entry at `index` is that of `name`.
    @unsafe
    @inline(__always)
    static func isOf(_ name: UnsafeBufferPointer<UInt8>, _ words: [UInt64], at index: Int) -> Bool {
        guard Head(words[index]).nameCount == name.count else { return false }
        var (at, word) = (0, index &+ 1)
        while at < name.count {
            if unsafe words[word] != RefNameHash.word(name, at) { return false }
            at &+= 8
            word &+= 1
        }
        return true
    }

    /// What the entry at `index` says; nil for a reference that does not exist.
    static func value(_ words: [UInt64], at index: Int) -> RefValue? {
        let head = Head(words[index])
        let start = index + 1 + head.nameWords
        switch head.kind {
        case .absent: return nil
        case .brokenContent: return .broken(.content)
        case .brokenName: return .broken(.badName)
        case .symbolic:
            let count = Int(truncatingIfNeeded: words[start])
            return .symbolic(
                (0..<count).map { UInt8(truncatingIfNeeded: words[start + 1 + $0 / 8] >> UInt64($0 % 8 * 8)) })
        case .object:
            let peeled = head.isPeeled ? id(words, at: start + head.idWords, head) : nil
            return .object(id(words, at: start, head), peeled: peeled)
        }
    }

    private static func id(_ words: [UInt64], at index: Int, _ head: Head) -> ObjectID {
        ObjectID(
            algorithm: head.algorithm,
            words: (
                words[index], words[index + 1], words[index + 2], head.algorithm == .sha1 ? 0 : words[index + 3]
            ))
    }
}
