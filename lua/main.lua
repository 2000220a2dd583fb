-- The functions that the C side calls; what each must do stands in lua/meta/engine.lua.
local M = {}

return M
