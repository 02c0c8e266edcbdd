public import StrataIO
public import StrataObjects

/// The configured values that objects obey, read once.
public struct ObjectSettings: Sendable {
    /// `core.looseCompression`, else `core.compression`; `core.fsync` and `core.fsyncMethod` as far as loose objects go, and what
    /// `core.fsyncObjectFiles` says; `core.sharedRepository`.
    public var writing: ObjectWriting
    /// Whether loose objects that are written one after another are synced together: `core.fsyncMethod=batch`.
    public var batches: Bool
    /// What must have reached the disk of packs, and of the files beside them: `core.fsync`.
    public var packs: Durability
    public var packMetadata: Durability
    /// What git would warn of, without "warning: ".
    public var warnings: [String] = []

    /// - Throws: `RepositoryError.Code.badConfigValue`, in git's words, for a value that makes no sense.
    init(_ config: Config, _ settings: RefSettings) throws(RepositoryError) {
        writing = ObjectWriting(sharing: settings.sharedRepository)
        for key in ["core.compression", "core.loosecompression"] {
            if let level = try config.int(key) { writing.compression = level }
        }
        var ignored: [String] = []
        let fsync = try FsyncSettings(config, &ignored)
        let isOn = fsync.components.contains(.looseObject)
        batches = isOn && fsync.method == .batch
        packs = fsync.components.contains(.pack) ? .data : .none
        packMetadata = fsync.components.contains(.packMetadata) ? .data : .none
        if isOn { writing.syncing = fsync.method == .writeoutOnly ? .writeOut : .data }
        if let old = try config.bool("core.fsyncobjectfiles") {
            warnings.append("core.fsyncObjectFiles is deprecated; use core.fsync instead")
            if old { writing.syncing = .data }
        }
    }
}

extension Config {
    /// `core.bigFileThreshold`: from how many bytes on a file is read piece by piece.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue`.
    public func bigFileThreshold() throws(RepositoryError) -> Int64 {
        try int64("core.bigfilethreshold") ?? 512 << 20
    }
}
