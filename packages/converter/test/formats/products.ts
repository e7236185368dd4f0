import {
  chunks,
  databasePages,
  fixedRecords,
  lengthMessages,
  lineFrames,
  linkedRecords,
  magicRecords,
} from './binary-records.ts'
import { headerMessages, json, scriptCalls, xmlAttributes, xmlElements } from './markup.ts'
import {
  dataStream,
  documents,
  flashObjects,
  keywordRecords,
  keywordStrings,
  packedMaps,
  taggedFields,
  videoTags,
} from './object-streams.ts'
import type { Product } from './room.ts'
import { indexTables } from './tables.ts'
import { cards, iniSections, logLines, spreadsheet, yamlList } from './text-lines.ts'

/** Text and binary take turns, so that a few seeds already show both. */
export const PRODUCTS: readonly Product[] = [
  logLines,
  magicRecords,
  spreadsheet,
  chunks,
  xmlAttributes,
  fixedRecords,
  keywordStrings,
  lengthMessages,
  json,
  indexTables,
  iniSections,
  keywordRecords,
  xmlElements,
  flashObjects,
  scriptCalls,
  taggedFields,
  headerMessages,
  packedMaps,
  yamlList,
  documents,
  cards,
  dataStream,
  videoTags,
  lineFrames,
  databasePages,
  linkedRecords,
]
